-- One row per customer group: the value model's parameters, and how far it can be believed
{%- set measures = [
    'customers', 'repeat_customers', 'r', 'alpha', 'a', 'b', 'log_likelihood', 'dropout_share',
    'is_at_bound', 'p', 'q', 'v', 'value_log_likelihood', 'value_correlation',
    'holdout_predicted_orders', 'holdout_actual_orders', 'holdout_predicted_amount',
    'holdout_actual_amount', 'rank_correlation', 'frequency_rank_correlation',
] %}

with predicted as (

    select * from {{ ref('int_segmentation__purchases_predicted') }}
    where repeat_days is null

),

customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where is_profiled

),

limits as (

    {{ customer_segmentation.thresholds([
        'min_dropout_share', 'min_holdout_ratio', 'max_holdout_ratio', 'min_history_days'
    ]) }}

),

history as (

    select max(tenure_days) as history_days
    from customers

),

pivoted as (

    select
        customer_group,
        {% for measure in measures -%}
        max(case when measure = '{{ measure }}' then value end) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from predicted
    group by customer_group

),

compared as (

    select
        pivoted.*,
        history.history_days,
        {{ customer_segmentation.ratio(
            'pivoted.holdout_predicted_orders', 'pivoted.holdout_actual_orders'
        ) }} as holdout_order_ratio,
        {{ customer_segmentation.ratio(
            'pivoted.holdout_predicted_amount', 'pivoted.holdout_actual_amount'
        ) }} as holdout_amount_ratio
    from pivoted
    cross join history

),

judged as (

    select
        compared.*,
        coalesce(
            compared.dropout_share >= limits.min_dropout_share and compared.is_at_bound = 0, false
        ) as has_dropout,
        coalesce(
            compared.holdout_order_ratio
            between limits.min_holdout_ratio and limits.max_holdout_ratio
            and compared.holdout_amount_ratio
            between limits.min_holdout_ratio and limits.max_holdout_ratio,
            false
        ) as is_calibrated,
        compared.history_days >= limits.min_history_days as has_enough_history
    from compared
    cross join limits

),

final as (

    select
        *,
        case
            when r is null or holdout_predicted_orders is null then 'too little history'
            when not has_dropout then 'no dropout identified'
            when not is_calibrated then 'not calibrated'
            when not has_enough_history then 'too little history'
            else 'ok'
        end as prediction_status
    from judged

)

select * from final
