-- One row per rejected row of the transactions, with the text that the input had
-- depends_on: {{ ref('stg_segmentation__customers') }}
{#- So that a gate of the customers holds this mart back, too. #}

select
    reject_reason as reason,
    {%- for column in customer_segmentation.canonical_columns('transactions') %}
    raw_{{ column }} as {{ column }}{% if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('stg_segmentation__transactions') }}
where line_class = 'rejected'
