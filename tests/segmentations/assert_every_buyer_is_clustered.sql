{{ config(enabled='kmeans' in var('segmentations')) }}
-- Every feature set has one chosen k, as many clusters, and every buyer in one of them
with buyers as (

    select count(*) as buyer_count
    from {{ ref('customer_segments') }}
    where customer_status = 'buyer'

),

chosen as (

    select
        feature_set,
        sum(case when is_chosen then 1 else 0 end) as chosen_count,
        max(case when is_chosen then k end) as k
    from {{ ref('cluster_quality') }}
    group by feature_set

),

profiles as (

    select distinct
        feature_set,
        cluster_id,
        customers
    from {{ ref('cluster_profiles') }}

),

clusters as (

    select
        feature_set,
        count(*) as cluster_count,
        sum(customers) as customer_count
    from profiles
    group by feature_set

)

select
    chosen.feature_set,
    chosen.k,
    clusters.cluster_count,
    clusters.customer_count
from chosen
cross join buyers
left join clusters on chosen.feature_set = clusters.feature_set
where
    chosen.chosen_count <> 1
    or clusters.cluster_count is distinct from chosen.k
    or clusters.customer_count is distinct from buyers.buyer_count
