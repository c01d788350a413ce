-- The marts stand in the shop's schema crm, everything else of the package in segmentation
{%- set misplaced = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() if node.package_name == 'customer_segmentation' %}
        {%- set is_mart = node.access == 'public' %}
        {%- set expected = target.schema ~ ('_crm' if is_mart else '_segmentation') %}
        {%- if node.resource_type in ['model', 'seed'] and node.schema != expected %}
            {%- do misplaced.append(node.unique_id) %}
        {%- endif %}
    {%- endfor %}
{%- endif %}

select table_schema
from information_schema.tables
where
    '{{ misplaced | join(', ') }}' <> ''
    or (
        table_schema = '{{ target.schema }}_shop'
        and table_name not in (
            'customers', 'order_lines', 'orders', 'customer_orders', 'customer_segments'
        )
    )
{% for mart in ['customer_segments', 'customer_orders', 'segment_summary'] -%}
union all
select '{{ ref('customer_segmentation', mart) }}' as table_schema
where '{{ ref('customer_segmentation', mart).schema }}' <> '{{ target.schema }}_crm'
{% endfor %}
