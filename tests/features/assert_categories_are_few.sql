{{ config(enabled='kmeans' in var('segmentations') or 'psychographic' in var('segmentations')) }}
-- Gate: an attribute of many values, such as a number declared as text, would drown all other
-- features
with counted as (

    select
        feature_set,
        source_column,
        count(*) as category_count
    from {{ ref('int_segmentation__feature_sets_listed') }}
    where scaling = 'one_hot'
    group by
        feature_set,
        source_column

),

most as (

    select max(source_column) as source_column
    from counted
    where category_count > {{ customer_segmentation.threshold('max_feature_categories') }}

)

{{ customer_segmentation.gate(
    'most',
    'source_column is not null',
    "'The feature ' || source_column || ' has too many different values for k-means: declare it as '
        || 'a number in the var attribute_columns, or leave it out of feature_sets.'",
) }}
