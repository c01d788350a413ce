-- One row per customer: RFM scores and the named segment that they fall into
{%- set score_within = var('score_within') %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

segments as (

    {{ customer_segmentation.mapped_grid() }}

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
        customers.scored_frequency as frequency,
        customers.scored_monetary as monetary
    from customers
    {%- if score_within %}
    inner join score_groups on customers.customer_id = score_groups.customer_id
    {%- endif %}
    where
        customers.scored_frequency > 0
        and customers.is_profiled

),

scored as (

    {{ customer_segmentation.rfm_scores('buyers', ['score_group']) }}

),

final as (

    select
        customers.customer_id,
        {{ customer_segmentation.rfm_segment(
            'customers', 'segments.segment', 'customers.as_of_date'
        ) }} as segment,
        scored.score_group,
        scored.r_score,
        scored.f_score,
        scored.m_score,
        scored.rfm_score,
        coalesce(scored.is_ntile_split, false) as is_ntile_split
    from customers
    left join scored on customers.customer_id = scored.customer_id
    left join segments
        on
            scored.r_score = segments.r_score
            and scored.f_score = segments.f_score
            and scored.m_score = segments.m_score

)

select * from final
