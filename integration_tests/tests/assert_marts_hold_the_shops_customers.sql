-- The package's customers, their lines and their money are those that the shop counts itself
with counted as (

    select * from {{ ref('customer_orders') }}

),

segments as (

    select * from {{ ref('customer_segmentation', 'customer_segments') }}

),

orders as (

    select
        customer_id,
        sum(net_amount) as net_amount,
        sum(line_count) as line_count
    from {{ ref('customer_segmentation', 'customer_orders') }}
    group by customer_id

)

select
    counted.customer_no,
    segments.customer_id
from counted
full outer join segments
    on segments.customer_id = cast(counted.customer_no as {{ dbt.type_string() }})
left join orders on segments.customer_id = orders.customer_id
where
    counted.revenue is distinct from segments.net_amount
    or counted.revenue is distinct from orders.net_amount
    or counted.line_count is distinct from orders.line_count
