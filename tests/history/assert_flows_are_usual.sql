-- Measures of the newest complete month that lie outside their control band
{{ config(severity='warn', enabled=var('history_months') | int > 0) }}

with drift as (

    select * from {{ ref('segment_drift') }}

),

newest as (

    select max(month_end) as month_end
    from drift

)

select
    drift.month_end,
    drift.measure,
    drift.value,
    drift.band_low,
    drift.band_high
from drift
inner join newest on drift.month_end = newest.month_end
where drift.verdict = 'unusual'
