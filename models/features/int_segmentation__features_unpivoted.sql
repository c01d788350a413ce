-- One row per buyer, feature set and feature: the value that k-means clusters
{%- set double = customer_segmentation.type_double() %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where customer_status = 'buyer'

),

unpivoted as (

    {% for feature_set, settings in var('feature_sets').items() %}
    {%- for feature in settings.features %}
    select
        customer_id,
        {{ customer_segmentation.text_literal(feature_set) }} as feature_set,
        {{ customer_segmentation.text_literal(feature) }} as feature,
        {% if settings.scaling == 'log_standard' -%}
        -- Refunds above sales make money negative; a logarithm needs a floor.
        case
            when {{ feature }} is not null
                then ln(1 + greatest(cast({{ feature }} as {{ double }}), 0))
        end as value
        {%- else -%}
        cast({{ feature }} as {{ double }}) as value
        {%- endif %}
    from customers
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

)

select * from unpivoted
