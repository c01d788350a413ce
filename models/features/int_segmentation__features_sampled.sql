-- One row per sampled buyer, feature set and feature: bounded, and the same for the same data
{{ config(materialized='view') }}

with features as (

    select * from {{ ref('int_segmentation__features_unpivoted') }}

),

-- The order of hashed ids is random with regard to behaviour, and fixed.
ranked as (

    select
        *,
        row_number() over (
            partition by feature_set, feature
            order by md5(customer_id), customer_id
        ) as sample_rank
    from features

),

final as (

    select
        customer_id,
        feature_set,
        feature,
        value
    from ranked
    where sample_rank <= {{ customer_segmentation.threshold('kmeans_sample_size') }}

)

select * from final
