-- One row per month-end, segmentation and pair of segments: who went from one to the other, and why
{%- set segmentations = customer_segmentation.history_segmentations() %}
{%- set reasons = ['bought', 'returned', 'aged', 'others moved'] %}

with months as (

    select * from {{ ref('customer_months') }}

),

calendar as (

    select * from {{ ref('int_segmentation__months_listed') }}

),

counted as (

    {% for segmentation in segmentations -%}
    select
        month_end,
        '{{ segmentation }}' as segmentation,
        coalesce(previous_{{ segmentation }}_segment, 'Newcomer') as from_segment,
        {{ segmentation }}_segment as to_segment,
        count(*) as customers,
        sum(revenue_3_months) as revenue_3_months,
        {% for reason in reasons -%}
        count(case when {{ segmentation }}_reason = '{{ reason }}' then 1 end)
            as {{ reason | replace(' ', '_') }}_customers,
        {% endfor -%}
        count(case when has_{{ segmentation }}_flapped then 1 end) as flapped_customers
    from months
    group by
        month_end,
        coalesce(previous_{{ segmentation }}_segment, 'Newcomer'),
        {{ segmentation }}_segment
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

shared as (

    select
        *,
        sum(customers) over (partition by month_end, segmentation, from_segment)
            as from_customers
    from counted

),

final as (

    select
        shared.month_end,
        calendar.previous_month_end,
        shared.segmentation,
        shared.from_segment,
        shared.to_segment,
        {{ customer_segmentation.segment_key('shared.segmentation', 'shared.to_segment') }}
            as to_segment_key,
        shared.from_segment not in ('Newcomer', shared.to_segment) as is_move,
        shared.customers,
        {{ customer_segmentation.ratio('shared.customers', 'shared.from_customers') }}
            as share_of_from_segment,
        cast(shared.revenue_3_months as decimal(18, 4)) as revenue_3_months,
        {% for reason in reasons -%}
        shared.{{ reason | replace(' ', '_') }}_customers,
        {% endfor -%}
        shared.flapped_customers,
        case
            when shared.from_segment not in ('Newcomer', shared.to_segment)
                then {{ customer_segmentation.ratio(
                    'shared.flapped_customers', 'shared.customers'
                ) }}
        end as flapping_rate
    from shared
    inner join calendar on shared.month_end = calendar.month_end

)

select * from final
