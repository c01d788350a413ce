-- One row per order line
select * from {{ ref('raw_order_lines') }}
