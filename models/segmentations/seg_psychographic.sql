-- One row per customer: the k-means cluster of what they say about themselves
{%- set has_score = 'spending_score' in customer_segmentation.psychographic_columns() %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

assigned as (

    select * from {{ ref('int_segmentation__clusters_assigned') }}
    where feature_set = 'psychographic'

),

clusters_named as (

    select * from {{ ref('int_segmentation__clusters_named') }}
    where feature_set = 'psychographic'

),

final as (

    select
        customers.customer_id,
        coalesce(clusters_named.cluster_name, 'Unknown') as segment,
        assigned.cluster_id,
        {% if has_score -%}
        case
            when customers.spending_score is null then null
            when
                customers.spending_score
                < {{ customer_segmentation.threshold('spending_score_low') }}
                then 'Low'
            when
                customers.spending_score
                > {{ customer_segmentation.threshold('spending_score_high') }}
                then 'High'
            else 'Middle'
        end
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as spending_group
    from customers
    left join assigned on customers.customer_id = assigned.customer_id
    left join clusters_named on assigned.cluster_id = clusters_named.cluster_id

)

select * from final
