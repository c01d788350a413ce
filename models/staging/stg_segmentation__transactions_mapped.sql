-- One row per row of the input, with canonical names, everything still text
-- depends_on: {{ ref('stg_segmentation__exchange_rates') }}
{#- So that the rates are there, and checked, before any row is read. #}
{{ customer_segmentation.check_settings() }}
{{- customer_segmentation.check_inputs() }}
{%- set input = customer_segmentation.resolved_input('transactions') -%}
{%- set mapping, headings = input.mapping, input.headings -%}
{%- do customer_segmentation.check_mapped_columns('transactions', mapping, headings) -%}
{%- set separator = customer_segmentation.input_setting('decimal_separator', 'transactions') -%}
{%- set mapped = mapping.values() | map('lower') | list -%}
{#- A line_id tells copies; other columns, such as the time of loading, then do not matter. -#}
{%- set others =
    [] if 'line_id' in mapping else headings | map('lower') | reject('in', mapped) | list -%}
{%- set scales = {
    'quantity': 4, 'unit_price': 6, 'amount': 4, 'unit_cost': 6, 'discount_amount': 4,
} %}

select
    {% for canonical in customer_segmentation.canonical_columns('transactions') -%}
    {%- if canonical in mapping -%}
    {{ customer_segmentation.input_text(
        mapping[canonical], headings, scales.get(canonical), separator
    ) }}
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif %} as {{ canonical }},
    {% endfor -%}
    -- Columns without a canonical name matter only for telling whether two rows are the same. With
    -- its length in front, no text can pass for two, or for none.
    {% if others -%}
    md5(concat_ws(
        ','
        {%- for column in others %}
        {%- set text = customer_segmentation.input_text(column, headings) %},
        coalesce(cast(length({{ text }}) as {{ dbt.type_string() }}) || ':' || {{ text }}, '')
        {%- endfor %}
    ))
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif %} as other_columns_hash
from {{ input.relation }} as input_rows
{%- if not mapping %}
where false
{%- endif %}
