-- One row per customer, order and type (sale, return, cancelled)
-- depends_on: {{ ref('stg_segmentation__customers') }}
{#- So that a gate of the customers holds this mart back, too. #}
{%- set has_history = var('history_months') | int > 0 %}

with orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}

),

{% if has_history -%}
days as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

months as (

    select * from {{ ref('customer_months') }}

),

credited as (

    select
        orders.*,
        months.rfm_segment as rfm_segment_before
    from orders
    inner join days on cast(orders.ordered_at as date) = days.ordered_on
    left join months
        on
            orders.customer_id = months.customer_id
            and days.previous_month_end = months.month_end

),
{%- else -%}
credited as (

    select
        *,
        cast(null as {{ dbt.type_string() }}) as rfm_segment_before
    from orders

),
{%- endif %}

final as (

    select
        customer_id,
        order_id,
        order_type,
        ordered_at,
        country,
        line_count,
        cast(unit_count as decimal(18, 4)) as unit_count,
        cast(gross_amount as decimal(18, 4)) as gross_amount,
        cast(return_amount as decimal(18, 4)) as return_amount,
        cast(net_amount as decimal(18, 4)) as net_amount,
        rfm_segment_before
    from credited

)

select * from final
