-- One row per customer: features, scores, and the current segment of every segmentation

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

{% for segmentation in var('segmentations') -%}
{{ segmentation }} as (

    select * from {{ ref('seg_' ~ segmentation) }}

),

{% endfor -%}

final as (

    select
        customers.customer_id,
        customers.customer_status,
        customers.country,
        customers.recency_days,
        customers.frequency,
        customers.monetary,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.rfm_score,
        rfm.is_ntile_split,
        {%- for column in model.columns if column.endswith('_segment') %}
        {%- set segmentation = column | replace('_segment', '') %}
        {%- if segmentation in var('segmentations') %}
        {{ segmentation }}.segment as {{ column }},
        {%- else %}
        cast(null as {{ dbt.type_string() }}) as {{ column }},
        {%- endif %}
        {%- endfor %}
        customers.gross_amount,
        customers.return_amount,
        customers.net_amount,
        customers.return_rate,
        customers.average_order_value,
        customers.average_basket_units,
        customers.distinct_product_count,
        customers.cancelled_order_count,
        customers.tenure_days,
        customers.average_days_between_orders,
        customers.first_ordered_on,
        customers.last_ordered_on,
        customers.as_of_date
    from customers
    {% for segmentation in var('segmentations') -%}
    inner join {{ segmentation }} on customers.customer_id = {{ segmentation }}.customer_id
    {% endfor %}

)

select * from final
