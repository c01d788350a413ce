-- One row per feature set, chosen cluster and feature

with centroids as (

    select * from {{ ref('int_segmentation__centroids_chosen') }}

),

clusters_named as (

    select * from {{ ref('int_segmentation__clusters_named') }}

),

feature_sets as (

    select * from {{ ref('int_segmentation__feature_sets_listed') }}

),

assigned as (

    select * from {{ ref('int_segmentation__clusters_assigned') }}

),

sizes as (

    select
        feature_set,
        cluster_id,
        count(*) as customers
    from assigned
    group by
        feature_set,
        cluster_id

),

totals as (

    select
        feature_set,
        count(*) as customers
    from assigned
    group by feature_set

),

final as (

    select
        centroids.feature_set,
        centroids.cluster_id,
        clusters_named.cluster_name,
        coalesce(sizes.customers, 0) as customers,
        {{ customer_segmentation.ratio('coalesce(sizes.customers, 0)', 'totals.customers') }}
            as customer_share,
        centroids.feature,
        case
            when feature_sets.scaling = 'log_standard' then exp(centroids.centroid) - 1
            else centroids.centroid
        end as centroid,
        centroids.z_score
    from centroids
    inner join feature_sets
        on
            centroids.feature_set = feature_sets.feature_set
            and centroids.feature = feature_sets.feature
    inner join clusters_named
        on
            centroids.feature_set = clusters_named.feature_set
            and centroids.cluster_id = clusters_named.cluster_id
    inner join totals on centroids.feature_set = totals.feature_set
    left join sizes
        on
            centroids.feature_set = sizes.feature_set
            and centroids.cluster_id = sizes.cluster_id

)

select * from final
