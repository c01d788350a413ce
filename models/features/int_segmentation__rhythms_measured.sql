-- One row per customer and moment (now, and return_window_days before): the rhythm of their orders

with order_days as (

    select * from {{ ref('int_segmentation__order_days') }}

),

as_of as (

    select * from {{ ref('stg_segmentation__as_of') }}

),

limits as (

    {{ customer_segmentation.thresholds([
        'return_window_days', 'usual_gap_days', 'usual_gap_weight', 'min_expected_gap_days'
    ]) }}

),

moments as (

    select
        'now' as moment,
        as_of_date as moment_on,
        as_of_date as window_ends_on
    from as_of
    union all
    select
        'before' as moment,
        cast(
            {{ dbt.dateadd(
                'day', '-cast(limits.return_window_days as integer)', 'as_of.as_of_date'
            ) }} as date
        ) as moment_on,
        as_of.as_of_date as window_ends_on
    from as_of
    cross join limits

),

known as (

    select
        moments.moment,
        moments.moment_on,
        order_days.customer_id,
        order_days.ordered_on,
        order_days.gross_amount,
        order_days.gap_days,
        lead(order_days.ordered_on) over (
            partition by moments.moment, order_days.customer_id
            order by order_days.ordered_on
        ) is null as is_last
    from order_days
    inner join moments on order_days.ordered_on <= moments.moment_on

),

counted as (

    select
        moment,
        moment_on,
        customer_id,
        count(*) as order_day_count,
        min(ordered_on) as first_ordered_on,
        max(ordered_on) as last_ordered_on,
        count(gap_days) as gap_count,
        coalesce(sum(gap_days), 0) as gap_days,
        coalesce(sum(gap_days * gap_days), 0) as squared_gap_days,
        {{ customer_segmentation.median('gap_days') }} as median_gap_days,
        max(case when is_last then gap_days end) as last_gap_days,
        {{ customer_segmentation.median('case when not is_last then gap_days end') }}
            as earlier_gap_days,
        sum(case when gap_days is not null then gross_amount else 0 end) as repeat_amount
    from known
    group by
        moment,
        moment_on,
        customer_id

),

-- What came of it in the window behind the moment.
later as (

    select
        moments.moment,
        order_days.customer_id,
        count(*) as later_day_count,
        sum(order_days.gross_amount) as later_amount
    from order_days
    inner join moments
        on
            order_days.ordered_on > moments.moment_on
            and order_days.ordered_on <= moments.window_ends_on
    group by
        moments.moment,
        order_days.customer_id

),

-- The mean of all gaps, so that customers who order often weigh as much as their gaps.
usual as (

    select
        counted.moment,
        {{ customer_segmentation.usual_gap('counted', 'limits') }} as gap_days
    from counted
    cross join limits
    group by counted.moment

),

final as (

    select
        -- ids
        counted.customer_id,
        counted.moment,

        -- numbers
        counted.order_day_count,
        counted.gap_count,
        {{ dbt.datediff('counted.first_ordered_on', 'counted.last_ordered_on', 'day') }}
            as active_days,
        {{ dbt.datediff('counted.first_ordered_on', 'counted.moment_on', 'day') }}
            as observed_days,
        {{ dbt.datediff('counted.last_ordered_on', 'counted.moment_on', 'day') }}
            as days_since_order,
        counted.median_gap_days,
        counted.last_gap_days,
        counted.earlier_gap_days,
        counted.repeat_amount,
        case when counted.moment = 'before' then coalesce(later.later_day_count, 0) end
            as later_day_count,
        case when counted.moment = 'before' then coalesce(later.later_amount, 0) end
            as later_amount,

        -- ratios; few gaps of one's own say little, and lean on everybody's
        {{ customer_segmentation.expected_gap('counted', 'usual', 'limits') }} as expected_gap_days,
        -- The gaps' standard deviation (with n - 1) as a share of their mean, from whole numbers.
        {{ customer_segmentation.ratio(
            'sqrt(' ~ customer_segmentation.ratio(
                '(counted.gap_count * counted.squared_gap_days'
                ~ ' - counted.gap_days * counted.gap_days)',
                '(counted.gap_count * (counted.gap_count - 1))',
            ) ~ ') * counted.gap_count',
            'counted.gap_days',
        ) }} as gap_variation
    from counted
    inner join usual on counted.moment = usual.moment
    cross join limits
    left join later
        on
            counted.moment = later.moment
            and counted.customer_id = later.customer_id

)

select * from final
