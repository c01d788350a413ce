-- One row per profiled buyer: consumer, wholesale, or likely wholesale after one order

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where
        customer_status = 'buyer'
        and is_profiled

),

orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

purchases as (

    select * from {{ ref('int_segmentation__purchases_measured') }}

),

told_types as (

    select
        written,
        value
    from {{ customer_segmentation.seed_relation('profile_values') }}
    where column_name = 'customer_type'

),

limits as (

    {{ customer_segmentation.thresholds([
        'wholesale_line_units', 'wholesale_line_order_ratio', 'wholesale_order_ratio',
        'wholesale_orders', 'wholesale_order_lines',
    ]) }}

),

recent as (

    select
        orders.customer_id,
        count(*) as order_count
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    where
        {{ customer_segmentation.is_in_trailing_months(
            'cast(orders.ordered_at as date)', 'customers.as_of_date', 12
        ) }}
    group by orders.customer_id

),

median_orders as (

    select
        cast(
            {{ customer_segmentation.median('purchases.median_order_amount') }}
            as decimal(18, 4)
        ) as order_amount
    from purchases
    inner join customers on purchases.customer_id = customers.customer_id

),

-- Where most orders are free, none is large.
usual as (

    select nullif(order_amount, 0) as order_amount
    from median_orders

),

measured as (

    select
        customers.customer_id,
        customers.frequency,
        told_types.value as told_type,
        usual.order_amount as usual_order_amount,
        (
            purchases.median_line_units >= limits.wholesale_line_units
            and purchases.median_order_amount
            >= limits.wholesale_line_order_ratio * usual.order_amount
        )
        or purchases.median_order_amount >= limits.wholesale_order_ratio * usual.order_amount
        or (
            coalesce(recent.order_count, 0) >= limits.wholesale_orders
            and purchases.average_line_count >= limits.wholesale_order_lines
        ) as buys_like_a_trader
    from customers
    inner join purchases on customers.customer_id = purchases.customer_id
    cross join usual
    cross join limits
    left join recent on customers.customer_id = recent.customer_id
    left join told_types on lower(customers.customer_type) = told_types.written

),

typed as (

    select
        customer_id,
        usual_order_amount,
        case
            when told_type is not null then told_type
            when buys_like_a_trader and frequency = 1 then 'likely wholesale'
            when buys_like_a_trader then 'wholesale'
            else 'consumer'
        end as buyer_type
    from measured

),

final as (

    select
        customer_id,
        buyer_type,
        -- The value model is fitted to traders and to people apart.
        case when buyer_type = 'consumer' then 'consumer' else 'wholesale' end as customer_group,
        usual_order_amount
    from typed

)

select * from final
