-- Gate: an input without any row up to the as-of date is a failed extract, not an empty business
with counts as (

    select
        count(*) as row_count,
        count(case when line_class <> 'later' then 1 end) as row_count_read
    from {{ ref('stg_segmentation__transactions') }}

)

{{ customer_segmentation.gate(
    'counts',
    'row_count_read = 0',
    "case
        when row_count = 0
            then 'The input transactions has no rows: check the file or relation that the var '
                || 'transactions names.'
        else 'All rows of transactions lie after the as-of date: correct the var as_of_date.'
    end",
) }}
