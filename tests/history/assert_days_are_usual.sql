-- Days of late without lines though the shop was open, or with far more or fewer than usual; the
-- newest day may not be over
{{ config(severity='warn', enabled=var('history_months') | int > 0) }}

with days as (

    select * from {{ ref('int_segmentation__days_judged') }}

),

newest as (

    select max(ordered_on) as ordered_on
    from days

)

select
    days.ordered_on,
    days.line_count,
    days.usual_line_count,
    days.verdict
from days
cross join newest
where
    days.verdict in ('missing', 'unusual')
    and days.ordered_on < newest.ordered_on
    and {{ dbt.datediff('days.ordered_on', 'newest.ordered_on', 'day') }}
    <= {{ customer_segmentation.threshold('drift_recent_days') }}
