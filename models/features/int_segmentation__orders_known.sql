-- One row per customer and kept order, and again for each month-end at which another one was kept

with orders as (

    select
        customer_id,
        order_id,
        cast(ordered_at as date) as ordered_on
    from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

orders_restated as (

    select * from {{ ref('int_segmentation__orders_restated') }}

),

customers_restated as (

    select distinct
        customer_id,
        month_end
    from orders_restated

),

final as (

    select
        customer_id,
        order_id,
        ordered_on,
        cast(null as date) as restated_on
    from orders
    union all
    select
        orders.customer_id,
        orders.order_id,
        orders.ordered_on,
        customers_restated.month_end as restated_on
    from customers_restated
    inner join orders
        on
            customers_restated.customer_id = orders.customer_id
            and customers_restated.month_end >= orders.ordered_on
    left join orders_restated
        on
            orders.customer_id = orders_restated.customer_id
            and orders.order_id = orders_restated.order_id
            and customers_restated.month_end = orders_restated.month_end
    where orders_restated.order_id is null
    union all
    select
        customer_id,
        order_id,
        ordered_on,
        month_end as restated_on
    from orders_restated
    where was_kept

)

select * from final
