-- One row: how far the value model looks ahead, and from how many repeat customers on it is fitted
{{ config(materialized='view') }}

{{ customer_segmentation.thresholds([
    'prediction_days', 'return_window_days', 'min_repeat_customers'
]) }}
