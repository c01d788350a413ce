-- One row per feature set, cluster and feature: the centroids of the chosen number of clusters

with fitted as (

    select * from {{ ref('int_segmentation__clusters_fitted') }}

),

chosen as (

    select
        feature_set,
        k
    from fitted
    where
        measure = 'is_chosen'
        and value = 1

),

feature_scales as (

    select
        feature_set,
        feature,
        max(case when measure = 'mean' then value end) as mean,
        max(case when measure = 'standard_deviation' then value end) as standard_deviation,
        max(case when measure = 'scale' then value end) as scale
    from fitted
    where measure in ('mean', 'standard_deviation', 'scale')
    group by
        feature_set,
        feature

),

final as (

    select
        fitted.feature_set,
        cast(fitted.cluster_id as integer) as cluster_id,
        fitted.feature,
        fitted.value as centroid,
        feature_scales.scale,
        (fitted.value - feature_scales.mean) / nullif(feature_scales.standard_deviation, 0)
            as z_score
    from fitted
    inner join chosen
        on
            fitted.feature_set = chosen.feature_set
            and fitted.k = chosen.k
    inner join feature_scales
        on
            fitted.feature_set = feature_scales.feature_set
            and fitted.feature = feature_scales.feature
    where fitted.measure = 'centroid'

)

select * from final
