{{ config(
    severity='warn',
    enabled='kmeans' in var('segmentations') or 'psychographic' in var('segmentations'),
) }}
-- A cluster below min_cluster_share holds a few outliers rather than a group
select distinct
    feature_set,
    cluster_id,
    cluster_name,
    customer_share
from {{ ref('cluster_profiles') }}
where customer_share < {{ customer_segmentation.threshold('min_cluster_share') }}
