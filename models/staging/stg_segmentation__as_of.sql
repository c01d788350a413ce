-- One row: the date as of which everything is measured, and how far the data reach
{{ config(materialized='table') }}

with dated_rows as (

    select cast(ordered_at as date) as ordered_on
    from {{ ref('stg_segmentation__transactions') }}
    where
        ordered_at is not null
        and line_class not in ('rejected', 'later')

),

days as (

    select
        ordered_on,
        count(*) as row_count
    from dated_rows
    group by ordered_on

),

running as (

    select
        ordered_on,
        sum(row_count) over (order by ordered_on rows unbounded preceding) as rows_so_far,
        sum(row_count) over () as rows_in_all
    from days

),

final as (

    select
        {{ customer_segmentation.as_of_date('max(ordered_on)') }} as as_of_date,
        max(ordered_on) as newest_on,
        -- The first day by which 99.9 % of the rows lie: where the bulk of the data ends.
        min(case when rows_so_far * 1000 >= rows_in_all * 999 then ordered_on end) as bulk_ends_on
    from running

)

select * from final
