-- One row: the format in which the input writes its dates, and the evidence for it
{{ config(materialized='table') }}

{%- set formats = customer_segmentation.date_formats() %}
{%- set mapping = customer_segmentation.transaction_columns() %}
{%- set headings = customer_segmentation.input_headings(
    customer_segmentation.input_relation('transactions')
) %}
{%- set type = customer_segmentation.input_type(mapping.ordered_at, headings) %}
{#- A format that is given, or that the engine wrote itself, needs no evidence. #}
{%- set given_format =
    'iso' if type.startswith('timestamp') or type == 'date' else var('date_format') %}

-- Few texts differ, so every format can be tried on each of them.
with texts as (

    select distinct {{ customer_segmentation.trim_spaces('ordered_at') }} as written
    from {{ ref('stg_segmentation__transactions_mapped') }}
    where
        {{ customer_segmentation.trim_spaces('ordered_at') }} <> ''
        and {{ 'false' if given_format else 'true' }}

),

parsed as (

    select
        written,
        {% for format in formats -%}
        {{ customer_segmentation.timestamp_or_null('written', format) }} as {{ format }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from texts

),

counted as (

    select
        count(*) as text_count,
        {% for format in formats -%}
        count({{ format }}) as {{ format }}_count,
        {% endfor -%}
        min(case when month_first <> day_first then written end) as ambiguous_text
    from parsed

),

ranked as (

    select
        *,
        greatest(
            {% for format in formats -%}
            {{ format }}_count{% if not loop.last %}, {% endif %}
            {%- endfor %}
        ) as most_count
    from counted

),

chosen as (

    select
        *,
        {% if given_format -%}
        {{ customer_segmentation.text_literal(given_format) }}
        {%- else -%}
        case
            when most_count = 0 then null
            {%- for format in formats %}
            when {{ format }}_count = most_count then '{{ format }}'
            {%- endfor %}
        end
        {%- endif %} as date_format
    from ranked

),

final as (

    select
        date_format,
        text_count,
        {% for format in formats -%}
        {{ format }}_count,
        {% endfor -%}
        case
            when date_format = 'month_first' and day_first_count = month_first_count
                then ambiguous_text
        end as ambiguous_text
    from chosen

)

select * from final
