-- One row per feature set and feature: what k-means sees, and the limits of its fit
{{ config(materialized='view') }}

with listed as (

    {% for feature_set, settings in var('feature_sets').items() %}
    {%- for feature in settings.features %}
    select
        {{ customer_segmentation.text_literal(feature_set) }} as feature_set,
        {{ customer_segmentation.text_literal(feature) }} as feature,
        {{ loop.index }} as feature_position,
        {{ customer_segmentation.text_literal(settings.scaling) }} as scaling
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        feature_set,
        feature,
        feature_position,
        scaling,
        cast({{ var('kmeans_k') or 'null' }} as integer) as k_fixed,
        cast({{ customer_segmentation.threshold('kmeans_k_min') }} as integer) as k_min,
        cast({{ customer_segmentation.threshold('kmeans_k_max') }} as integer) as k_max,
        {{ customer_segmentation.threshold('kmeans_min_prediction_strength') }}
            as min_prediction_strength,
        cast({{ customer_segmentation.threshold('kmeans_min_points_per_cluster') }} as integer)
            as min_points_per_cluster
    from listed

)

select * from final
