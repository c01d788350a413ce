{{ config(enabled='kmeans' in var('segmentations') or 'psychographic' in var('segmentations')) }}
-- Every feature set has one chosen k, as many clusters, and in one of them whoever has its features
with chosen as (

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

),

customers as (

    select
        feature_set,
        count(distinct customer_id) as customer_count
    from {{ ref('int_segmentation__features_unpivoted') }}
    group by feature_set

),

buyers as (

    select count(*) as buyer_count
    from {{ ref('customer_segments') }}
    where
        customer_status = 'buyer'
        and is_profiled

)

select
    customers.feature_set,
    chosen.k,
    clusters.cluster_count,
    clusters.customer_count
from customers
cross join buyers
left join chosen on customers.feature_set = chosen.feature_set
left join clusters on customers.feature_set = clusters.feature_set
where
    chosen.chosen_count is distinct from 1
    or clusters.cluster_count is distinct from chosen.k
    or clusters.customer_count is distinct from customers.customer_count
    or (customers.feature_set = 'rfm' and customers.customer_count <> buyers.buyer_count)
