{{ config(enabled='kmeans' not in var('segmentations', ['rfm'])) }}
-- Without k-means its column stays, empty, and no customer is in one of its segments
select customer_id
from {{ ref('customer_segmentation', 'customer_segments') }}
where kmeans_segment is not null
union all
select customer_id
from {{ ref('customer_segmentation', 'segment_members') }}
where segmentation <> 'rfm'
