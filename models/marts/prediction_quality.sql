-- One row per customer group that the value model was fitted to
-- depends_on: {{ ref('stg_segmentation__customers') }}
{#- So that a gate of the customers holds this mart back, too. #}

select
    customer_group,
    prediction_status,
    has_dropout,
    is_calibrated,
    has_enough_history,
    cast(customers as bigint) as customers,
    cast(repeat_customers as bigint) as repeat_customers,
    history_days,
    r,
    alpha as alpha_days,
    a,
    b,
    log_likelihood,
    dropout_share,
    is_at_bound = 1 as is_at_bound,
    p,
    q,
    v,
    value_log_likelihood,
    value_correlation,
    holdout_predicted_orders,
    cast(holdout_actual_orders as bigint) as holdout_actual_orders,
    holdout_order_ratio,
    holdout_amount_ratio,
    rank_correlation,
    frequency_rank_correlation
from {{ ref('int_segmentation__predictions_judged') }}
