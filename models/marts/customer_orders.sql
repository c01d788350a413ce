-- One row per customer, order and type (sale, return, cancelled)
-- depends_on: {{ ref('stg_segmentation__customers') }}
{#- So that a gate of the customers holds this mart back, too. #}

select
    customer_id,
    order_id,
    order_type,
    ordered_at,
    country,
    line_count,
    cast(unit_count as decimal(18, 4)) as unit_count,
    cast(gross_amount as decimal(18, 4)) as gross_amount,
    cast(return_amount as decimal(18, 4)) as return_amount,
    cast(net_amount as decimal(18, 4)) as net_amount
from {{ ref('int_segmentation__orders_typed') }}
