-- Each customer's money, orders and dates are those of its rows in customer_orders
with orders as (

    select
        customer_id,
        sum(gross_amount) as gross_amount,
        sum(return_amount) as return_amount,
        count(case when order_type = 'sale' then 1 end) as frequency,
        max(case when order_type = 'sale' then cast(ordered_at as date) end) as last_ordered_on
    from {{ ref('customer_orders') }}
    group by customer_id

)

select
    customers.customer_id,
    orders.customer_id as ordering_customer_id
from {{ ref('customer_segments') }} as customers
full outer join orders on customers.customer_id = orders.customer_id
where
    customers.customer_id is null
    or customers.gross_amount <> coalesce(orders.gross_amount, 0)
    or customers.return_amount <> coalesce(orders.return_amount, 0)
    or customers.frequency <> coalesce(orders.frequency, 0)
    or customers.last_ordered_on is distinct from orders.last_ordered_on
    or customers.monetary <> customers.{{ var('monetary_basis') }}_amount
