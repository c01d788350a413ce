-- The migrations of a month add up to its segments, and to those of the month before
{{ config(enabled=var('history_months') | int > 0) }}

with customers as (

    {{ customer_segmentation.months_unpivoted() }}

),

months as (

    select
        month_end,
        segmentation,
        segment,
        count(*) as customers,
        sum(revenue_3_months) as revenue
    from customers
    group by
        month_end,
        segmentation,
        segment

),

migrations as (

    select * from {{ ref('segment_migrations') }}

),

arrived as (

    select
        month_end,
        segmentation,
        to_segment as segment,
        sum(customers) as customers,
        sum(revenue_3_months) as revenue
    from migrations
    group by
        month_end,
        segmentation,
        to_segment

),

departed as (

    select
        previous_month_end as month_end,
        segmentation,
        from_segment as segment,
        sum(customers) as customers
    from migrations
    where from_segment <> 'Newcomer'
    group by
        previous_month_end,
        segmentation,
        from_segment

),

last_months as (

    select
        min(month_end) as first_month_end,
        max(month_end) as last_month_end
    from months

)

select
    'arrived' as margin,
    coalesce(months.month_end, arrived.month_end) as month_end,
    coalesce(months.segment, arrived.segment) as segment
from months
full outer join arrived
    on
        months.month_end = arrived.month_end
        and months.segmentation = arrived.segmentation
        and months.segment = arrived.segment
where
    coalesce(months.customers, 0) <> coalesce(arrived.customers, 0)
    or months.revenue <> arrived.revenue
union all
select
    'departed' as margin,
    coalesce(months.month_end, departed.month_end) as month_end,
    coalesce(months.segment, departed.segment) as segment
from months
full outer join departed
    on
        months.month_end = departed.month_end
        and months.segmentation = departed.segmentation
        and months.segment = departed.segment
cross join last_months
where
    coalesce(months.month_end, departed.month_end)
    between last_months.first_month_end and last_months.last_month_end
    and coalesce(months.month_end, departed.month_end) <> last_months.last_month_end
    and coalesce(months.customers, 0) <> coalesce(departed.customers, 0)
