-- Every month lies in exactly one period, with its segment, and no period is longer than its months
{{ config(enabled=var('history_months') | int > 0) }}

with months as (

    {{ customer_segmentation.months_unpivoted() }}

),

periods as (

    select * from {{ ref('segment_periods') }}

),

ends as (

    select max(month_end) as last_month_end
    from months

),

matched as (

    select
        months.customer_id,
        months.segmentation,
        months.month_end,
        count(case when months.segment = periods.segment then 1 end) as agreeing_count,
        count(periods.segment) as period_count
    from months
    left join periods
        on
            months.customer_id = periods.customer_id
            and months.segmentation = periods.segmentation
            and months.month_end >= periods.valid_from
            and (months.month_end < periods.valid_to or periods.valid_to is null)
    group by
        months.customer_id,
        months.segmentation,
        months.month_end

)

select
    customer_id,
    segmentation,
    month_end
from matched
where
    agreeing_count <> 1
    or period_count <> 1
union all
select
    periods.customer_id,
    periods.segmentation,
    periods.valid_from as month_end
from periods
cross join ends
where
    periods.valid_from > ends.last_month_end
    or periods.valid_to > ends.last_month_end
