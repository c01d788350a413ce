-- One row per buyer and month-end: the store, brand or channel that they had ordered from most

with lines as (

    select * from {{ ref('stg_segmentation__transactions') }}
    where line_class = 'sale'

),

orders as (

    select * from {{ ref('int_segmentation__orders_known') }}

),

days as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}
    where is_measured

),

group_days as (

    select
        customer_id,
        order_id,
        coalesce({{ var('score_within') }}, 'Unknown') as score_group,
        cast(ordered_at as date) as ordered_on,
        max(ordered_at) as last_ordered_at
    from lines
    group by
        customer_id,
        order_id,
        coalesce({{ var('score_within') }}, 'Unknown'),
        cast(ordered_at as date)

),

placed as (

    select
        orders.customer_id,
        orders.restated_on,
        orders.order_id,
        group_days.score_group,
        coalesce(orders.restated_on, days.month_end) as known_on,
        max(group_days.last_ordered_at) as last_ordered_at
    from orders
    inner join group_days
        on
            orders.customer_id = group_days.customer_id
            and orders.order_id = group_days.order_id
            and (
                orders.restated_on >= group_days.ordered_on
                or orders.restated_on is null
            )
    inner join days on group_days.ordered_on = days.ordered_on
    group by
        orders.customer_id,
        orders.restated_on,
        orders.order_id,
        group_days.score_group,
        coalesce(orders.restated_on, days.month_end)

),

-- An order whose lines lie in several months counts from the first of them on.
numbered as (

    select
        *,
        row_number() over (
            partition by customer_id, restated_on, score_group, order_id order by known_on
        ) as order_month_number
    from placed

),

group_months as (

    select
        customer_id,
        restated_on,
        score_group,
        known_on,
        count(case when order_month_number = 1 then 1 end) as order_count,
        max(last_ordered_at) as last_ordered_at
    from numbered
    group by
        customer_id,
        restated_on,
        score_group,
        known_on

),

known_months as (

    select
        customer_id,
        restated_on,
        known_on,
        lead(known_on) over (partition by customer_id, restated_on order by known_on)
            as next_known_on
    from group_months
    group by
        customer_id,
        restated_on,
        known_on

),

totals as (

    select
        known_months.customer_id,
        known_months.restated_on,
        known_months.known_on,
        known_months.next_known_on,
        group_months.score_group,
        sum(group_months.order_count) as order_count,
        max(group_months.last_ordered_at) as last_ordered_at
    from known_months
    inner join group_months
        on
            known_months.customer_id = group_months.customer_id
            and known_months.restated_on is not distinct from group_months.restated_on
            and known_months.known_on >= group_months.known_on
    group by
        known_months.customer_id,
        known_months.restated_on,
        known_months.known_on,
        known_months.next_known_on,
        group_months.score_group

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, restated_on, known_on
            order by order_count desc, last_ordered_at desc, score_group asc
        ) as group_rank
    from totals

),

-- What a month-end saw otherwise than today takes precedence there.
standing as (

    select
        ranked.customer_id,
        months.month_end,
        ranked.score_group,
        row_number() over (
            partition by ranked.customer_id, months.month_end
            order by case when ranked.restated_on is null then 1 else 0 end
        ) as precedence
    from ranked
    inner join months
        on
            ranked.known_on <= months.month_end
            and coalesce(ranked.restated_on, months.month_end) = months.month_end
            and (
                ranked.next_known_on > months.month_end
                or ranked.next_known_on is null
            )
    where ranked.group_rank = 1

)

select
    customer_id,
    month_end,
    score_group
from standing
where precedence = 1
