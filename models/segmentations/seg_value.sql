-- One row per customer: the Pareto class of the trailing year's revenue, loyalty, predicted value
{%- set predicts = var('predict_value') %}
{%- set double = customer_segmentation.type_double() %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}

),

loyalty as (

    select * from {{ ref('int_segmentation__loyalty_measured') }}

),

rhythms as (

    select * from {{ ref('int_segmentation__rhythms_measured') }}

),

{% if predicts -%}
predictions as (

    select * from {{ ref('int_segmentation__predictions_applied') }}

),

{% endif -%}
limits as (

    {{ customer_segmentation.thresholds(['overdue_gaps']) }}

),

buyers as (

    select * from customers
    where
        customer_status = 'buyer'
        and is_profiled

),

classed as (

    {{ customer_segmentation.pareto_classes('buyers', 'revenue_12_months') }}

),

-- Costs that are known in part would show a profit that is too high.
year_totals as (

    select
        orders.customer_id,
        sum(orders.return_amount) as return_amount,
        case
            when count(orders.cost_amount) = count(*)
                then sum(orders.net_amount) - sum(orders.cost_amount)
        end as profit
    from orders
    inner join buyers on orders.customer_id = buyers.customer_id
    where
        {{ customer_segmentation.is_in_trailing_months(
            'cast(orders.ordered_at as date)', 'buyers.as_of_date', 12
        ) }}
    group by orders.customer_id

),

awaited as (

    select
        rhythms.moment,
        rhythms.customer_id,
        rhythms.later_day_count,
        case
            when rhythms.gap_count > 0
                then rhythms.days_since_order > limits.overdue_gaps * rhythms.median_gap_days
        end as is_overdue
    from rhythms
    cross join limits

),

-- Of those who stood there return_window_days ago, who has ordered since: one-time buyers, repeat
-- customers who were overdue, and those who were not.
came_back as (

    select
        is_overdue,
        {{ customer_segmentation.ratio('count(nullif(later_day_count, 0))', 'count(*)') }}
            as came_back_share
    from awaited
    where moment = 'before'
    group by is_overdue

),

compared as (

    select
        awaited.customer_id,
        awaited.is_overdue,
        came_back.came_back_share
    from awaited
    left join came_back on awaited.is_overdue is not distinct from came_back.is_overdue
    where awaited.moment = 'now'

),

final as (

    select
        customers.customer_id,
        {{ customer_segmentation.segment_or_status('customers', 'classed.value_class') }}
            as segment,
        cast(
            case
                when classed.value_class is not null then coalesce(year_totals.return_amount, 0)
            end as decimal(18, 4)
        ) as return_amount_12_months,
        cast(year_totals.profit as decimal(18, 4)) as profit_12_months,
        loyalty.active_month_count,
        loyalty.active_month_share,
        loyalty.longest_streak_months,
        compared.is_overdue,
        compared.came_back_share,
        {% if predicts -%}
        predictions.predicted_orders_12_months,
        predictions.predicted_revenue_12_months,
        predictions.probability_active,
        predictions.predicted_value_position,
        predictions.prediction_status
        {%- else -%}
        cast(null as {{ double }}) as predicted_orders_12_months,
        cast(null as decimal(18, 4)) as predicted_revenue_12_months,
        cast(null as {{ double }}) as probability_active,
        cast(null as {{ double }}) as predicted_value_position,
        cast(null as {{ dbt.type_string() }}) as prediction_status
        {%- endif %}
    from customers
    left join classed on customers.customer_id = classed.customer_id
    left join year_totals on customers.customer_id = year_totals.customer_id
    left join loyalty on customers.customer_id = loyalty.customer_id
    left join compared on customers.customer_id = compared.customer_id
    {%- if predicts %}
    left join predictions on customers.customer_id = predictions.customer_id
    {%- endif %}

)

select * from final
