-- One row per day from the first order to the newest: its lines against the same weekday's of late
{%- set weekday_in_order = 'partition by weekday_number order by ordered_on' %}
{%- set eight_weekdays = weekday_in_order ~ ' rows between 8 preceding and 1 preceding' %}

with as_of as (

    select * from {{ ref('stg_segmentation__as_of') }}
    where oldest_on is not null

),

counted as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

orders as (

    select
        cast(ordered_at as date) as ordered_on,
        count(*) as order_count
    from {{ ref('int_segmentation__orders_typed') }}
    group by cast(ordered_at as date)

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}

),

limits as (

    {{ customer_segmentation.thresholds([
        'drift_day_spreads', 'drift_min_days', 'drift_min_day_change', 'drift_min_day_orders',
        'drift_max_empty_days',
    ]) }}

),

-- The days of each month: six weeks at most, in the longest of 4-4-5 periods.
numbers as (

    {{ dbt.generate_series(42) }}

),

calendar as (

    select
        months.month_end,
        cast(
            {{ dbt.dateadd(
                'day', 'cast(numbers.generated_number as integer) - 1', 'months.starts_on'
            ) }}
            as date
        ) as ordered_on
    from months
    cross join numbers

),

days as (

    select
        calendar.ordered_on,
        calendar.month_end,
        coalesce(counted.line_count, 0) as line_count,
        coalesce(orders.order_count, 0) as order_count,
        {{ customer_segmentation.weekday_number('calendar.ordered_on') }} as weekday_number,
        sqrt(
            cast(coalesce(counted.line_count, 0) as {{ customer_segmentation.type_double() }})
        ) as line_root
    from calendar
    cross join as_of
    left join counted on calendar.ordered_on = counted.ordered_on
    left join orders on calendar.ordered_on = orders.ordered_on
    where
        calendar.ordered_on <= calendar.month_end
        and calendar.ordered_on >= as_of.oldest_on
        -- The as-of date itself may lie before any of its orders.
        and (calendar.ordered_on < as_of.as_of_date or counted.ordered_on is not null)

),

-- On the scale of square roots, chance moves quiet days and busy ones as far.
compared as (

    select
        *,
        count(*) over ({{ eight_weekdays }}) as earlier_count,
        count(case when line_count = 0 then 1 end) over ({{ eight_weekdays }}) as empty_count,
        {{ customer_segmentation.running_median('order_count', eight_weekdays) }}
            as usual_order_count,
        {{ customer_segmentation.running_median('line_root', eight_weekdays) }}
            as usual_line_root
    from days

),

strayed as (

    select
        *,
        -- A day that is closed every week says nothing of the others.
        case
            when earlier_count = 8 and (line_count > 0 or usual_line_root > 0)
                then line_root - usual_line_root
        end as deviation
    from compared

),

spread as (

    select
        *,
        count(deviation) over (order by ordered_on rows between 56 preceding and 1 preceding)
            as deviation_count,
        -- 0.5 is the deviation of the root of what happens at random, one line at a time.
        greatest(
            1.4826 * {{ customer_segmentation.running_median(
                'abs(deviation)', 'order by ordered_on rows between 56 preceding and 1 preceding'
            ) }},
            0.5
        ) as deviation_spread
    from strayed

),

-- That nobody orders is chance or not by the number of orders expected, however days stray.
marked as (

    select
        spread.ordered_on,
        spread.month_end,
        spread.line_count,
        power(spread.usual_line_root, 2) as usual_line_count,
        case
            when spread.earlier_count < 8 or spread.deviation_count < limits.drift_min_days
                then 'too little history'
            when spread.line_count = 0
                then
                    case
                        when
                            spread.empty_count <= limits.drift_max_empty_days
                            and spread.usual_order_count >= limits.drift_min_day_orders
                            then 'missing'
                        else 'usual'
                    end
            when
                abs(spread.deviation) > limits.drift_day_spreads * spread.deviation_spread
                and greatest(spread.line_count, power(spread.usual_line_root, 2))
                > least(spread.line_count, power(spread.usual_line_root, 2))
                * (1 + limits.drift_min_day_change)
                then 'unusual'
            else 'usual'
        end as verdict
    from spread
    cross join limits

),

-- Holidays and sales come back each year on about the same date: four years have 1,461 days.
seen as (

    select distinct marked.ordered_on
    from marked
    inner join marked as earlier
        on
            marked.ordered_on > earlier.ordered_on
            and marked.verdict = earlier.verdict
            and mod(
                4 * {{ dbt.datediff('earlier.ordered_on', 'marked.ordered_on', 'day') }} + 12, 1461
            ) <= 24
            and {{ dbt.datediff('earlier.ordered_on', 'marked.ordered_on', 'day') }} > 300
    where marked.verdict in ('missing', 'unusual')

),

final as (

    select
        marked.ordered_on,
        marked.month_end,
        cast(marked.line_count as {{ dbt.type_bigint() }}) as line_count,
        marked.usual_line_count,
        case
            when seen.ordered_on is null then marked.verdict
            else 'usual'
        end as verdict
    from marked
    left join seen on marked.ordered_on = seen.ordered_on

)

select * from final
