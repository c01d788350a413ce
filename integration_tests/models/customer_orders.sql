-- One row per customer with an order, counted by the shop itself
select
    customer_no,
    sum(line_total) as revenue,
    count(*) as line_count
from {{ ref('order_lines') }}
where customer_no is not null
group by customer_no
