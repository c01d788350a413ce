-- Orders hold every sale and return line and its money, by class
with lines as (

    select
        line_class,
        sum(row_count) as line_count,
        sum(amount) as amount
    from {{ ref('input_reconciliation') }}
    where line_class in ('sale', 'return')
    group by line_class

),

orders as (

    select
        case when order_type = 'return' then 'return' else 'sale' end as line_class,
        sum(line_count) as line_count,
        sum(net_amount) as amount
    from {{ ref('customer_orders') }}
    group by case when order_type = 'return' then 'return' else 'sale' end

)

select
    lines.line_count,
    lines.amount,
    orders.line_count as order_line_count,
    orders.amount as order_amount
from lines
full outer join orders on lines.line_class = orders.line_class
where
    lines.line_count is distinct from orders.line_count
    or lines.amount is distinct from orders.amount
