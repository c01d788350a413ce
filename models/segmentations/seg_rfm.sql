-- One row per customer: RFM scores and the named segment that they fall into
{%- set score_within = var('score_within') %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

segment_map as (

    select * from {{ customer_segmentation.seed_relation('rfm_segment_map') }}

),

{% if score_within -%}
score_groups as (

    select * from {{ ref('int_segmentation__score_groups_found') }}

),

{% endif -%}
buyers as (

    select
        {% if score_within -%}
        score_groups.score_group,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as score_group,
        {%- endif %}
        customers.customer_id,
        customers.recency_days,
        customers.frequency,
        customers.monetary
    from customers
    {%- if score_within %}
    inner join score_groups on customers.customer_id = score_groups.customer_id
    {%- endif %}
    where
        customers.customer_status = 'buyer'
        and customers.is_profiled

),

scored as (

    {{ customer_segmentation.rfm_scores('buyers', ['score_group']) }}

),

final as (

    select
        customers.customer_id,
        case
            when not customers.is_profiled then 'Not profiled'
            when customers.customer_status = 'buyer' then segment_map.segment
            else {{ customer_segmentation.unordered_segment('customers.customer_status') }}
        end as segment,
        scored.score_group,
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
