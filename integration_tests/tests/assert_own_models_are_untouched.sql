-- The shop's models have the shop's columns and rows, whatever the package calls its own
{%- set expected = {
    'customers': ['customer_no', 'full_name', 'country_code'],
    'orders': ['order_no', 'sold_at', 'order_total'],
    'customer_orders': ['customer_no', 'revenue', 'line_count'],
    'customer_segments': ['customer_no', 'tier'],
} %}

{% for model, columns in expected.items() -%}
{%- set relation = ref('shop', model) %}
{%- set found = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
select '{{ relation }}' as relation
where
    '{{ found | join(' ') if execute }}' <> '{{ columns | join(' ') if execute }}'
    or '{{ relation.schema }}' <> '{{ target.schema }}_shop'
union all
{% endfor -%}
select 'customer_segments' as relation
where
    (select count(*) from {{ ref('customer_segments') }})
    <> (select count(*) from {{ ref('raw_customers') }})
