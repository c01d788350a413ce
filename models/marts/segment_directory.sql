-- One row per segmentation and segment: what it is called, what it means, how to show it

with definitions as (

    select * from {{ customer_segmentation.seed_relation('segment_definitions') }}
    where segmentation in ('{{ var('segmentations') | join("', '") }}')

),

{% if 'kmeans' in var('segmentations') -%}
clusters_named as (

    select
        feature_set,
        cluster_id,
        cluster_name,
        count(*) over (partition by feature_set) as cluster_count
    from {{ ref('int_segmentation__clusters_named') }}
    where feature_set = 'rfm'

),

clusters as (

    select
        'kmeans' as segmentation,
        cluster_name as segment,
        'Cluster ' || cast(cluster_id as {{ dbt.type_string() }}) || ' of '
        || cast(cluster_count as {{ dbt.type_string() }})
        || ', found by k-means and named by how its centre differs from the average customer'
            as description,
        cluster_count + 1 - cluster_id as segment_rank,
        cluster_id as sort_order,
        case cluster_id
            when 1 then '#1B5E20'
            when 2 then '#0277BD'
            when 3 then '#F9A825'
            when 4 then '#6A1B9A'
            when 5 then '#E64A19'
            when 6 then '#00838F'
            when 7 then '#AD1457'
            else '#5D4037'
        end as colour
    from clusters_named

),
{%- endif %}

unioned as (

    select
        segmentation,
        segment,
        description,
        segment_rank,
        sort_order,
        colour
    from definitions
    {%- if 'kmeans' in var('segmentations') %}
    union all
    select
        segmentation,
        segment,
        description,
        segment_rank,
        sort_order,
        colour
    from clusters
    {%- endif %}

),

final as (

    select
        {{ customer_segmentation.segment_key('segmentation', 'segment') }} as segment_key,
        segmentation,
        segment,
        description,
        cast(segment_rank as integer) as segment_rank,
        cast(sort_order as integer) as sort_order,
        colour
    from unioned

)

select * from final
