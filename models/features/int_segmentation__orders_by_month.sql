-- One row per customer and month with an order or a return: what was ordered, kept or not

with orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}

),

days as (

    select
        ordered_on,
        month_end
    from {{ ref('int_segmentation__days_counted') }}

),

totals as (

    select
        orders.customer_id,
        days.month_end,
        count(case when orders.order_type <> 'return' then 1 end) as order_count,
        count(case when orders.order_type = 'return' then 1 end) as return_count,
        sum({{ customer_segmentation.line_revenue(
            "case when orders.order_type = 'return' then 'return' else 'sale' end",
            'orders.net_amount',
        ) }}) as revenue
    from orders
    inner join days on cast(orders.ordered_at as date) = days.ordered_on
    group by
        orders.customer_id,
        days.month_end

),

started as (

    select
        *,
        min(case when order_count > 0 then month_end end) over (partition by customer_id)
            as first_month_end
    from totals

)

select
    customer_id,
    month_end,
    order_count,
    return_count,
    revenue,
    order_count > 0 as is_active,
    order_count > 0 and month_end = first_month_end as is_new
from started
