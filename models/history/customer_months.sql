-- One row per customer and month-end: RFM, scores and segments as they stood then
{%- set ordered = 'partition by customer_id order by month_end' %}
{%- set segmentations = customer_segmentation.history_segmentations() %}

with months as (

    select * from {{ ref('int_segmentation__months_segmented') }}

),

days as (

    select
        ordered_on,
        month_end
    from {{ ref('int_segmentation__days_counted') }}

),

ranks as (

    select
        segment,
        segment_rank
    from {{ ref('segment_directory') }}
    where segmentation = 'rfm'

),

compared as (

    select
        *,
        {% for segmentation in segmentations -%}
        lag({{ segmentation }}_segment) over ({{ ordered }})
            as previous_{{ segmentation }}_segment,
        lag({{ segmentation }}_segment, 2) over ({{ ordered }})
            as earlier_{{ segmentation }}_segment,
        {% endfor -%}
        lag(r_score) over ({{ ordered }}) as previous_r_score,
        lag(scored_frequency) over ({{ ordered }}) as previous_scored_frequency,
        lag(scored_monetary) over ({{ ordered }}) as previous_scored_monetary,
        lag(revenue_12_months) over ({{ ordered }}) as previous_revenue_12_months
    from months

),

-- Whether the passing of time alone accounts for another segment: the customer did nothing, and
-- their own figures moved.
aged as (

    select
        *,
        {% if 'lifecycle' in segmentations -%}
        lifecycle_stage_alone <> previous_lifecycle_segment as has_lifecycle_aged,
        {% endif -%}
        revenue_12_months <> previous_revenue_12_months as has_value_aged,
        coalesce(
            r_score < previous_r_score
            or scored_frequency <> previous_scored_frequency
            or scored_monetary <> previous_scored_monetary,
            false
        ) as has_rfm_aged
    from compared

),

explained as (

    select
        *,
        {% for segmentation in segmentations -%}
        case
            when {{ segmentation }}_segment = previous_{{ segmentation }}_segment then null
            when has_ordered then 'bought'
            when has_returned then 'returned'
            when has_{{ segmentation }}_aged then 'aged'
            else 'others moved'
        end as {{ segmentation }}_reason
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from aged

),

final as (

    select
        -- ids
        explained.customer_id,
        explained.month_end,

        -- dates
        days.month_end as cohort_month,

        -- numbers
        explained.recency_days,
        explained.frequency,
        explained.monetary,
        explained.scored_frequency,
        explained.scored_monetary,
        explained.revenue_12_months,
        explained.revenue_3_months,

        -- scores and segments
        explained.r_score,
        explained.f_score,
        explained.m_score,
        explained.rfm_score,
        explained.rfm_segment,
        {{ customer_segmentation.held_segment(
            'explained.rfm_segment', 'ranks.segment_rank',
            'explained.previous_rfm_segment', 'previous_ranks.segment_rank'
        ) }} as rfm_segment_held,
        {% for segmentation in ['value', 'lifecycle'] -%}
        {% if segmentation in segmentations -%}
        explained.{{ segmentation }}_segment,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as {{ segmentation }}_segment,
        {%- endif %}
        {% endfor -%}

        -- moves
        {% for segmentation in ['rfm', 'value', 'lifecycle'] -%}
        {% if segmentation in segmentations -%}
        explained.previous_{{ segmentation }}_segment,
        explained.{{ segmentation }}_reason,
        coalesce(
            explained.{{ segmentation }}_segment = explained.earlier_{{ segmentation }}_segment
            and explained.{{ segmentation }}_segment
            <> explained.previous_{{ segmentation }}_segment,
            false
        ) as has_{{ segmentation }}_flapped,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as previous_{{ segmentation }}_segment,
        cast(null as {{ dbt.type_string() }}) as {{ segmentation }}_reason,
        cast(null as {{ dbt.type_boolean() }}) as has_{{ segmentation }}_flapped,
        {%- endif %}
        {% endfor -%}
        coalesce(explained.rfm_segment <> explained.previous_rfm_segment, false) as segment_changed
    from explained
    left join days on explained.first_ordered_on = days.ordered_on
    left join ranks on explained.rfm_segment = ranks.segment
    left join ranks as previous_ranks
        on explained.previous_rfm_segment = previous_ranks.segment
    where explained.is_in_history

)

select * from final
