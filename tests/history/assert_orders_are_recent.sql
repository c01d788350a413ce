-- The newest order is older than max_days_without_orders on the as_of_date, or without one today
{{ config(severity='warn', enabled=var('max_days_without_orders') is not none) }}
{%- set today = customer_segmentation.as_of_date_setting() or run_started_at.strftime('%Y-%m-%d') %}

select newest_on
from {{ ref('stg_segmentation__as_of') }}
where
    {{ dbt.datediff('newest_on', "cast('" ~ today ~ "' as date)", 'day') }}
    > {{ var('max_days_without_orders') }}
