-- Gate: one order dated in a far year would make every customer Lost
with transactions as (

    select * from {{ ref('stg_segmentation__transactions') }}

),

as_of as (

    {{ customer_segmentation.as_of('transactions') }}

),

gaps as (

    select
        as_of_date,
        bulk_ends_on,
        {{ dbt.datediff('bulk_ends_on', 'as_of_date', 'day') }} as gap_days,
        {{ customer_segmentation.threshold('max_as_of_gap_days') }} as max_gap_days
    from as_of

)

{{ customer_segmentation.gate(
    'gaps',
    'gap_days - 1 > max_gap_days',
    "'The as-of date ' || as_of_date || ' lies ' || gap_days || ' days after ' || bulk_ends_on
        || ', by which 99.9 % of the rows are dated; the newest order may lie max_as_of_gap_days = '
        || cast(max_gap_days as integer)
        || ' days behind them: correct the newest dates, or set the var as_of_date.'",
) }}
