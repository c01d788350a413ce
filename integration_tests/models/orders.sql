-- One row per order
select
    order_no,
    min(sold_at) as sold_at,
    sum(line_total) as order_total
from {{ ref('order_lines') }}
group by order_no
