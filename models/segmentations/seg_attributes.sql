-- One row per customer and attribute that is a segmentation: the attribute's value
{%- set numbers = customer_segmentation.attribute_columns('number') %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

final as (

    {% for attribute in customer_segmentation.attribute_segmentations() -%}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        {%- set text = 'cast(' ~ attribute ~ ' as ' ~ dbt.type_string() ~ ')' %}
        case
            when not is_profiled then 'Not profiled'
            {%- if attribute in numbers %}
            -- A decimal fills its places with zeros.
            else coalesce({{ customer_segmentation.regex_replace(text, '[.]?0+$', '') }}, 'Unknown')
            {%- else %}
            else coalesce({{ text }}, 'Unknown')
            {%- endif %}
        end as segment
    from customers
    {% if not loop.last %}union all
    {% endif %}
    {%- else -%}
    select
        customer_id,
        '' as attribute,
        '' as segment
    from customers
    where false
    {%- endfor %}

)

select * from final
