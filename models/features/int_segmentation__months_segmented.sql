-- One row per customer and month-end: what was known of them, and their segments, as of then
{%- set active = customer_segmentation.active_segmentations() %}
{%- set score_within = var('score_within') %}
{%- set score_groups = ['month_end'] + (['score_group'] if score_within else []) %}

with months as (

    select * from {{ ref('int_segmentation__months_measured') }}

),

segments as (

    {{ customer_segmentation.mapped_grid() }}

),

{% if score_within -%}
score_groups as (

    select * from {{ ref('int_segmentation__score_groups_by_month') }}

),

{% endif -%}
scored_buyers as (

    select
        months.month_end,
        {% if score_within -%}
        score_groups.score_group,
        {% endif -%}
        months.customer_id,
        months.recency_days,
        months.scored_frequency as frequency,
        months.scored_monetary as monetary
    from months
    {%- if score_within %}
    inner join score_groups
        on
            months.customer_id = score_groups.customer_id
            and months.month_end = score_groups.month_end
    {%- endif %}
    where
        months.scored_frequency > 0
        and months.is_profiled

),

scored as (

    {{ customer_segmentation.rfm_scores('scored_buyers', score_groups) }}

),

buyers as (

    select * from months
    where
        customer_status = 'buyer'
        and is_profiled

),

{% if 'value' in active -%}
classed as (

    {{ customer_segmentation.pareto_classes('buyers', 'revenue_12_months', ['month_end']) }}

),

{% endif -%}

{% if 'lifecycle' in active -%}
limits as (

    {{ customer_segmentation.thresholds([
        'new_customer_days', 'lapsed_gaps', 'at_risk_gaps', 'reactivation_gaps',
        'reactivation_min_gap_days', 'reactivation_days', 'developing_max_order_days',
        'usual_gap_days', 'usual_gap_weight', 'min_expected_gap_days',
    ]) }}

),

usual as (

    select
        buyers.month_end,
        {{ customer_segmentation.usual_gap('buyers', 'limits') }} as gap_days
    from buyers
    cross join limits
    group by buyers.month_end

),

rhythms as (

    select
        buyers.customer_id,
        buyers.month_end,
        buyers.order_day_count,
        buyers.recency_days as days_since_order,
        buyers.last_gap_days,
        buyers.earlier_gap_days,
        {{ customer_segmentation.expected_gap('buyers', 'usual', 'limits') }} as expected_gap_days
    from buyers
    inner join usual on buyers.month_end = usual.month_end
    cross join limits

),

-- Had nobody else ordered in the month, the gap that is expected would still be last month's.
compared as (

    select
        *,
        lag(expected_gap_days) over (partition by customer_id order by month_end)
            as last_expected_gap_days
    from rhythms

),

staged as (

    select
        compared.customer_id,
        compared.month_end,
        {{ customer_segmentation.lifecycle_stage('compared', 'limits') }} as lifecycle_stage,
        {{ customer_segmentation.lifecycle_stage(
            'compared', 'limits', 'last_expected_gap_days'
        ) }} as lifecycle_stage_alone
    from compared
    cross join limits

),

{% endif -%}

final as (

    select
        months.customer_id,
        months.month_end,
        months.is_in_history,
        months.has_ordered,
        months.has_returned,
        months.first_ordered_on,
        months.recency_days,
        months.frequency,
        months.monetary,
        months.scored_frequency,
        months.scored_monetary,
        months.revenue_12_months,
        months.revenue_3_months,
        {{ customer_segmentation.rfm_segment(
            'months', 'segments.segment', 'months.month_end'
        ) }} as rfm_segment,
        scored.r_score,
        scored.f_score,
        scored.m_score,
        scored.rfm_score,
        {% for segmentation, found in [
            ('value', 'classed.value_class'), ('lifecycle', 'staged.lifecycle_stage'),
        ] -%}
        {% if segmentation in active -%}
        {{ customer_segmentation.segment_or_status('months', found) }}
            as {{ segmentation }}_segment,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as {{ segmentation }}_segment,
        {%- endif %}
        {% endfor -%}
        {% if 'lifecycle' in active -%}
        staged.lifecycle_stage_alone
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as lifecycle_stage_alone
        {%- endif %}
    from months
    left join scored
        on
            months.customer_id = scored.customer_id
            and months.month_end = scored.month_end
    left join segments
        on
            scored.r_score = segments.r_score
            and scored.f_score = segments.f_score
            and scored.m_score = segments.m_score
    {%- if 'value' in active %}
    left join classed
        on
            months.customer_id = classed.customer_id
            and months.month_end = classed.month_end
    {%- endif %}
    {%- if 'lifecycle' in active %}
    left join staged
        on
            months.customer_id = staged.customer_id
            and months.month_end = staged.month_end
    {%- endif %}

)

select * from final
