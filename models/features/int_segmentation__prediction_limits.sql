-- One row: how far the value model looks ahead, and from how many repeat customers on it is fitted
{{ config(materialized='view') }}

with limits as (

    {{ customer_segmentation.thresholds([
        'prediction_days', 'return_window_days', 'min_repeat_customers'
    ]) }}

)

select
    cast(prediction_days as integer) as prediction_days,
    cast(return_window_days as integer) as return_window_days,
    cast(min_repeat_customers as integer) as min_repeat_customers
from limits
