-- One row per customer of the shop
select * from {{ ref('raw_customers') }}
