{#
    A SELECT of the customers input with canonical names, everything still text: one row per row of
    the input. No model, for no relation is to show a date of birth.

    with mapped as ({{ customer_segmentation.customers_mapped() }})
#}
{% macro customers_mapped() %}
    {%- set has_input = customer_segmentation.has_input('customers') -%}
    {%- set input = customer_segmentation.input_relation('customers')
        if has_input else '(select 1 as nothing)' -%}
    {%- set headings = customer_segmentation.input_headings(input) if has_input else {} -%}
    {%- set mapping = customer_segmentation.resolved_mapping(
        customer_segmentation.input_columns('customers'), headings
    ) -%}
    {%- set separator = customer_segmentation.input_setting('decimal_separator', 'customers') -%}
    {%- if headings -%}
        {%- do customer_segmentation.check_mapped_columns('customers', mapping, headings) -%}
    {%- endif -%}
    {%- set scales = {'age': 4, 'annual_income': 4} -%}
    {%- set numbers = customer_segmentation.psychographic_columns()
        + customer_segmentation.attribute_columns('number') %}

    select
        {% for column in customer_segmentation.canonical_columns('customers')
            + customer_segmentation.listed_columns() | list -%}
        {%- if column in mapping -%}
        {{ customer_segmentation.input_text(
            mapping[column], headings, 6 if column in numbers else scales.get(column), separator
        ) }}
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor -%}
    from {{ input }} as input_rows
    {%- if not has_input %}
    where false
    {%- endif %}
{% endmacro %}
