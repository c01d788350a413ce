-- One row per buyer and feature set: the cluster whose centroid is nearest

with features as (

    select * from {{ ref('int_segmentation__features_unpivoted') }}

),

centroids as (

    select * from {{ ref('int_segmentation__centroids_chosen') }}

),

-- Squares are added as decimals: sums of doubles depend on the order in which threads add them.
distances as (

    select
        features.customer_id,
        features.feature_set,
        centroids.cluster_id,
        sum(
            cast(
                power((features.value - centroids.centroid) / centroids.scale, 2)
                as decimal(38, 12)
            )
        ) as squared_distance
    from features
    inner join centroids
        on
            features.feature_set = centroids.feature_set
            and features.feature = centroids.feature
    group by
        features.customer_id,
        features.feature_set,
        centroids.cluster_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, feature_set
            order by squared_distance, cluster_id
        ) as distance_rank
    from distances

),

final as (

    select
        customer_id,
        feature_set,
        cluster_id,
        squared_distance
    from ranked
    where distance_rank = 1

)

select * from final
