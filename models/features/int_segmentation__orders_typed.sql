-- One row per customer, order and type (sale, return, cancelled)

with lines as (

    select * from {{ ref('stg_segmentation__transactions') }}
    where line_class in ('sale', 'return')

),

cancelled as (

    select
        customer_id,
        order_id,
        sum(cancelled_line_count) as cancelled_line_count
    from {{ ref('int_segmentation__sale_lines_matched') }}
    group by customer_id, order_id

),

orders as (

    select
        customer_id,
        order_id,
        line_class,
        min(ordered_at) as ordered_at,
        min(country) as country,
        count(*) as line_count,
        sum(quantity) as unit_count,
        sum(amount) as net_amount,
        -- Profit would be too high where a cost is known in part.
        case when count(cost_amount) = count(*) then sum(cost_amount) end as cost_amount,
        sum(discount_amount) as discount_amount
    from lines
    group by customer_id, order_id, line_class

),

final as (

    select
        orders.customer_id,
        orders.order_id,
        case
            when orders.line_class = 'return' then 'return'
            when cancelled.cancelled_line_count >= orders.line_count then 'cancelled'
            else 'sale'
        end as order_type,
        orders.ordered_at,
        orders.country,
        orders.line_count,
        orders.unit_count,
        case when orders.line_class = 'sale' then orders.net_amount else 0 end as gross_amount,
        case when orders.line_class = 'return' then -orders.net_amount else 0 end as return_amount,
        orders.net_amount,
        orders.cost_amount,
        orders.discount_amount
    from orders
    left join cancelled
        on
            orders.customer_id = cancelled.customer_id
            and orders.order_id = cancelled.order_id
            and orders.line_class = 'sale'

)

select * from final
