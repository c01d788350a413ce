-- One row per profiled buyer: in how many months they ordered, and how many of them in a row

with order_days as (

    select * from {{ ref('int_segmentation__order_days') }}

),

as_of as (

    select * from {{ ref('stg_segmentation__as_of') }}

),

-- Months are counted through, so that the next one is always one more.
months as (

    select distinct
        customer_id,
        extract(year from ordered_on) * 12 + extract(month from ordered_on) as month_number
    from order_days

),

numbered as (

    select
        *,
        -- The same for all months of a row without a gap.
        month_number - row_number() over (partition by customer_id order by month_number)
            as streak_number
    from months

),

streaks as (

    select
        customer_id,
        streak_number,
        count(*) as month_count,
        min(month_number) as first_month_number
    from numbered
    group by
        customer_id,
        streak_number

),

-- The as-of date is usually the day after the last one that the data hold.
last_months as (

    select
        extract(year from {{ dbt.dateadd('day', -1, 'as_of_date') }}) * 12
        + extract(month from {{ dbt.dateadd('day', -1, 'as_of_date') }}) as month_number
    from as_of

),

totals as (

    select
        customer_id,
        sum(month_count) as active_month_count,
        max(month_count) as longest_streak_months,
        min(first_month_number) as first_month_number,
        max(first_month_number + month_count) - 1 as last_month_number
    from streaks
    group by customer_id

),

final as (

    select
        totals.customer_id,
        cast(totals.active_month_count as {{ dbt.type_bigint() }}) as active_month_count,
        totals.longest_streak_months,
        {{ customer_segmentation.ratio(
            'totals.active_month_count',
            '(greatest(last_months.month_number, totals.last_month_number)'
            ~ ' - totals.first_month_number + 1)',
        ) }} as active_month_share
    from totals
    cross join last_months

)

select * from final
