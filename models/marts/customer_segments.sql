-- One row per customer: features, scores, and the current segment of every segmentation
{%- set active = customer_segmentation.active_segmentations() %}
{%- set has_history = var('history_months') | int > 0 and 'rfm' in active %}
{%- set double = customer_segmentation.type_double() %}
{#- What segmentations find out on the way, and is worth a column of its own. #}
{%- set found = {
    'rfm': {
        'score_group': dbt.type_string(),
        'r_score': dbt.type_bigint(),
        'f_score': dbt.type_bigint(),
        'm_score': dbt.type_bigint(),
        'rfm_score': dbt.type_string(),
        'is_ntile_split': dbt.type_boolean(),
    },
    'demographic': {'age_band': dbt.type_string(), 'income_band': dbt.type_string()},
    'geographic': {
        'world_region': dbt.type_string(),
        'continent': dbt.type_string(),
        'is_home': dbt.type_boolean(),
    },
    'psychographic': {'spending_group': dbt.type_string()},
    'behaviour': {
        'buyer_type': dbt.type_string(),
        'median_order_amount': 'decimal(18, 4)',
        'median_line_units': double,
        'average_unit_price': double,
        'variety_share': double,
        'price_break_share': double,
        'discount_share': double,
        'gap_variation': double,
        'usual_weekday': dbt.type_string(),
        'usual_daypart': dbt.type_string(),
        'weekend_share': double,
        'season': dbt.type_string(),
    },
    'value': {
        'return_amount_12_months': 'decimal(18, 4)',
        'profit_12_months': 'decimal(18, 4)',
        'active_month_count': dbt.type_bigint(),
        'active_month_share': double,
        'longest_streak_months': dbt.type_bigint(),
        'is_overdue': dbt.type_boolean(),
        'came_back_share': double,
        'predicted_orders_12_months': double,
        'predicted_revenue_12_months': 'decimal(18, 4)',
        'probability_active': double,
        'predicted_value_position': double,
        'prediction_status': dbt.type_string(),
    },
    'lifecycle': {'expected_gap_days': double},
} %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

{% for segmentation in active -%}
{{ segmentation }}_rows as (

    select * from {{ customer_segmentation.segmentation_rows(segmentation) }}

),

{% endfor -%}

{% if has_history -%}
segments_held as (

    select * from {{ ref('int_segmentation__segments_held') }}

),

{% endif -%}

final as (

    select
        customers.customer_id,
        customers.customer_status,
        customers.has_record,
        customers.is_profiled,
        customers.marketing_allowed,
        customers.customer_type,
        customers.gender,
        {% if 'geographic' in active -%}
        coalesce(nullif(geographic_rows.country, 'Unknown'), customers.country) as country,
        {%- else -%}
        customers.country,
        {%- endif %}
        customers.city,
        customers.recency_days,
        customers.frequency,
        customers.monetary,
        customers.scored_frequency,
        customers.scored_monetary,
        -- Who objects to profiling is counted and not segmented, whatever a segmentation says.
        {%- for segmentation, columns in found.items() %}
        {%- for column, type in columns.items() %}
        {%- if segmentation in active %}
        case when customers.is_profiled then {{ segmentation }}_rows.{{ column }} end
            as {{ column }},
        {%- else %}
        cast(null as {{ type }}) as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- endfor %}
        {%- for column in model.columns if column.endswith('_segment') %}
        {%- set segmentation = column | replace('_segment', '') %}
        {%- if segmentation in active %}
        case when customers.is_profiled then {{ segmentation }}_rows.segment else 'Not profiled' end
            as {{ column }},
        {%- else %}
        cast(null as {{ dbt.type_string() }}) as {{ column }},
        {%- endif %}
        {%- endfor %}
        {% if has_history -%}
        segments_held.rfm_segment_held,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as rfm_segment_held,
        {%- endif %}
        customers.gross_amount,
        customers.return_amount,
        customers.net_amount,
        customers.revenue_12_months,
        customers.return_rate,
        customers.average_order_value,
        customers.average_basket_units,
        customers.distinct_product_count,
        customers.cancelled_order_count,
        customers.return_order_count,
        customers.order_day_count,
        customers.tenure_days,
        customers.average_days_between_orders,
        customers.first_ordered_on,
        customers.last_ordered_on,
        customers.signed_up_on,
        customers.as_of_date
    from customers
    {% for segmentation in active -%}
    inner join {{ segmentation }}_rows
        on customers.customer_id = {{ segmentation }}_rows.customer_id
    {% endfor -%}
    {% if has_history -%}
    left join segments_held on customers.customer_id = segments_held.customer_id
    {% endif %}

)

select * from final
