-- One row per feature set and feature: what k-means sees, and the limits of its fit
-- depends_on: {{ ref('int_segmentation__customers_featured') }}
{{ config(materialized='view') }}

{%- set categorical = customer_segmentation.features_categorical() %}
{%- set used = customer_segmentation.categorical_features_in_use() %}

with listed as (

    {% for feature_set, settings in customer_segmentation.feature_sets().items() %}
    {%- set outer = loop %}
    {%- for feature in settings.features %}
    select
        {{ customer_segmentation.text_literal(feature_set) }} as feature_set,
        {{ customer_segmentation.text_literal(feature) }} as source_column,
        {{ loop.index }} as column_position,
        '{{ 'one_hot' if feature in categorical else settings.scaling }}' as scaling,
        cast({{ settings.k or 'null' }} as integer) as k_fixed
    {% if not (loop.last and outer.last) %}union all{% endif %}
    {%- endfor %}
    {%- else %}
    select
        '' as feature_set,
        '' as source_column,
        0 as column_position,
        '' as scaling,
        cast(null as integer) as k_fixed
    where false
    {%- endfor %}

),

{% if used -%}
customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where is_profiled

),

-- A text is one feature for each of its values.
categories as (

    {% for column in used -%}
    select distinct
        '{{ column }}' as source_column,
        {{ column }} as category
    from customers
    where {{ column }} is not null
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

expanded as (

    select
        listed.*,
        categories.category,
        listed.source_column
        || coalesce(' is ' || categories.category, '') as feature
    from listed
    left join categories on listed.source_column = categories.source_column
    where
        listed.scaling <> 'one_hot'
        or categories.category is not null

),
{%- else -%}
expanded as (

    select
        *,
        cast(null as {{ dbt.type_string() }}) as category,
        source_column as feature
    from listed

),
{%- endif %}

final as (

    select
        feature_set,
        feature,
        cast(
            row_number() over (
                partition by feature_set
                order by column_position, category
            ) as integer
        ) as feature_position,
        source_column,
        category,
        scaling,
        k_fixed,
        cast({{ customer_segmentation.threshold('kmeans_k_min') }} as integer) as k_min,
        cast({{ customer_segmentation.threshold('kmeans_k_max') }} as integer) as k_max,
        {{ customer_segmentation.threshold('kmeans_min_prediction_strength') }}
            as min_prediction_strength,
        cast({{ customer_segmentation.threshold('kmeans_min_points_per_cluster') }} as integer)
            as min_points_per_cluster
    from expanded

)

select * from final
