-- One row per customer and attribute that the customer's record tells
{%- set numbers = customer_segmentation.features_numeric() %}
{%- set columns = numbers + customer_segmentation.attribute_columns('text') %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where is_profiled

),

final as (

    {% for column in columns -%}
    select
        customer_id,
        '{{ column }}' as attribute,
        {% if column in numbers -%}
        cast(null as {{ dbt.type_string() }}) as text_value,
        cast({{ column }} as {{ customer_segmentation.type_double() }}) as number_value
        {%- else -%}
        {{ column }} as text_value,
        cast(null as {{ customer_segmentation.type_double() }}) as number_value
        {%- endif %}
    from customers
    where {{ column }} is not null
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select * from final
