-- One row per customer: RFM scores and the named segment that they fall into

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

segment_map as (

    select * from {{ customer_segmentation.seed_relation('rfm_segment_map') }}

),

buyers as (

    select
        customer_id,
        recency_days,
        frequency,
        monetary
    from customers
    where
        customer_status = 'buyer'
        and is_profiled

),

scored as (

    {{ customer_segmentation.rfm_scores('buyers') }}

),

final as (

    select
        customers.customer_id,
        case
            when not customers.is_profiled then 'Not profiled'
            when customers.customer_status = 'buyer' then segment_map.segment
            when customers.customer_status = 'returns only' then 'Returns only'
            else 'Prospect'
        end as segment,
        scored.r_score,
        scored.f_score,
        scored.m_score,
        scored.rfm_score,
        coalesce(scored.is_ntile_split, false) as is_ntile_split
    from customers
    left join scored on customers.customer_id = scored.customer_id
    left join segment_map
        on
            scored.r_score between segment_map.r_min and segment_map.r_max
            and scored.f_score between segment_map.f_min and segment_map.f_max
            and scored.m_score between segment_map.m_min and segment_map.m_max

)

select * from final
