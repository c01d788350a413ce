-- One row per customer, feature set and feature: the value that k-means clusters
-- depends_on: {{ ref('int_segmentation__feature_sets_listed') }}
{%- set double = customer_segmentation.type_double() %}
{%- set categorical = customer_segmentation.features_categorical() %}
{%- set bought = customer_segmentation.features_bought() %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where is_profiled

),

{% if customer_segmentation.categorical_features_in_use() -%}
feature_sets as (

    select * from {{ ref('int_segmentation__feature_sets_listed') }}

),

{% endif -%}
unpivoted as (

    {% for feature_set, settings in customer_segmentation.feature_sets().items() %}
    {%- set outer = loop %}
    {%- for feature in settings.features %}
    {%- set value = 'cast(customers.' ~ feature ~ ' as ' ~ double ~ ')' %}
    {%- if feature in categorical %}
    select
        customers.customer_id,
        feature_sets.feature_set,
        feature_sets.feature,
        cast(
            case when customers.{{ feature }} = feature_sets.category then 1 else 0 end
            as {{ double }}
        ) as value
    from customers
    inner join feature_sets
        on
            feature_sets.feature_set = {{ customer_segmentation.text_literal(feature_set) }}
            and feature_sets.source_column = '{{ feature }}'
    {%- else %}
    select
        customers.customer_id,
        {{ customer_segmentation.text_literal(feature_set) }} as feature_set,
        {{ customer_segmentation.text_literal(feature) }} as feature,
        {% if settings.scaling == 'log_standard' -%}
        -- Refunds above sales make money negative; a logarithm needs a floor.
        case
            when customers.{{ feature }} is not null then ln(1 + greatest({{ value }}, 0))
        end as value
        {%- else -%}
        {{ value }} as value
        {%- endif %}
    from customers
    {%- endif %}
    where
        {{ "customers.customer_status = 'buyer'" if settings.has_orders else 'true' }}
        {#- Who has not told everything cannot be placed. #}
        {%- for told in settings.features if told not in bought %}
        and customers.{{ told }} is not null
        {%- endfor %}
    {% if not (loop.last and outer.last) %}union all{% endif %}
    {%- endfor %}
    {%- else %}
    select
        customer_id,
        '' as feature_set,
        '' as feature,
        cast(null as {{ double }}) as value
    from customers
    where false
    {%- endfor %}

)

select * from unpivoted
