{#
    A SELECT of the customers input with canonical names, everything still text: one row per row of
    the input. No model, for no relation is to show a date of birth.

    with mapped as ({{ customer_segmentation.customers_mapped() }})
#}
{% macro customers_mapped() %}
    {%- set input = customer_segmentation.resolved_input('customers') -%}
    {%- do customer_segmentation.check_mapped_columns(
        'customers', input.mapping, input.headings
    ) -%}
    {%- set separator = customer_segmentation.input_setting('decimal_separator', 'customers') -%}
    {%- set scales = {'age': 4, 'annual_income': 4} -%}
    {%- set numbers = customer_segmentation.psychographic_columns()
        + customer_segmentation.attribute_columns('number') %}

    select
        {% for column in customer_segmentation.canonical_columns('customers')
            + customer_segmentation.listed_columns() | list -%}
        {%- if column in input.mapping -%}
        {{ customer_segmentation.input_text(
            input.mapping[column],
            input.headings,
            6 if column in numbers else scales.get(column),
            separator
        ) }}
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor -%}
    from {{ input.relation }} as input_rows
    {%- if not input.mapping %}
    where false
    {%- endif %}
{% endmacro %}
