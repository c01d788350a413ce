-- One row per customer: the k-means cluster of its recency, frequency and monetary value

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

assigned as (

    select * from {{ ref('int_segmentation__clusters_assigned') }}
    where feature_set = 'rfm'

),

clusters_named as (

    select * from {{ ref('int_segmentation__clusters_named') }}
    where feature_set = 'rfm'

),

final as (

    select
        customers.customer_id,
        coalesce(clusters_named.cluster_name, 'No purchase') as segment,
        assigned.cluster_id
    from customers
    left join assigned on customers.customer_id = assigned.customer_id
    left join clusters_named on assigned.cluster_id = clusters_named.cluster_id

)

select * from final
