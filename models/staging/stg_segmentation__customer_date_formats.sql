-- One row per column of dates of the customers: the format in which the input writes it
{{ config(materialized='table') }}

{%- set columns = ['birth_date', 'signed_up_on'] %}

with mapped as (

    {{ customer_segmentation.customers_mapped() }}

),

{% for column in columns -%}
{{ column }}_format as (

    {{ customer_segmentation.date_format_of('customers', column, 'mapped') }}

),

{% endfor -%}

-- Without the text: it may be a date of birth.
final as (

    {% for column in columns -%}
    select
        '{{ column }}' as column_name,
        date_format,
        text_count,
        ambiguous_text is not null as is_ambiguous
    from {{ column }}_format
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select * from final
