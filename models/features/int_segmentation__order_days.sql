-- One row per customer and day with a kept order: what it was worth, and how long since the last

with orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where is_profiled

),

days as (

    select
        orders.customer_id,
        cast(orders.ordered_at as date) as ordered_on,
        sum(orders.gross_amount) as gross_amount
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    group by
        orders.customer_id,
        cast(orders.ordered_at as date)

),

followed as (

    select
        *,
        lag(ordered_on) over (partition by customer_id order by ordered_on) as previous_ordered_on
    from days

),

final as (

    select
        customer_id,
        ordered_on,
        gross_amount,
        {{ dbt.datediff('previous_ordered_on', 'ordered_on', 'day') }} as gap_days
    from followed

)

select * from final
