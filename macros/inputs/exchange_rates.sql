{# Whether money is converted: the var exchange_rates names a relation or a file. #}
{% macro has_exchange_rates() %}
    {{ return((var('exchange_rates') or '') | trim != '') }}
{% endmacro %}

{#
    A SELECT of the relation or file in the var exchange_rates, everything still text: one row per
    row of it, and none without the var.

    with mapped as ({{ customer_segmentation.exchange_rates_mapped() }})

        currency | valid_from | rate
        EUR      | 2024-01-01 | 1
        GBP      | 2024-01-01 | 1.1507
#}
{% macro exchange_rates_mapped() %}
    {%- set columns = ['currency', 'valid_from', 'rate'] -%}
    {%- set has_rates = customer_segmentation.has_exchange_rates() -%}
    {%- set input = customer_segmentation.input_relation('exchange_rates')
        if has_rates else '(select 1 as nothing)' -%}
    {%- set headings = customer_segmentation.input_headings(input) if has_rates else {} -%}
    {%- for column in columns if headings and column not in headings | map('lower') -%}
        {%- do customer_segmentation.fail(
            'The exchange rates in the var exchange_rates have no column "' ~ column
            ~ '"; they have: ' ~ headings | join(', ') ~ '. They need ' ~ columns | join(', ') ~ '.'
        ) -%}
    {%- endfor %}

    select
        {% for column in columns -%}
        {%- if has_rates -%}
        {{ customer_segmentation.input_text(column, headings, 8 if column == 'rate' else none) }}
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor -%}
    from {{ input }} as input_rows
    {%- if not has_rates %}
    where false
    {%- endif %}
{% endmacro %}
