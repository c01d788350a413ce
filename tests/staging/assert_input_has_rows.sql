-- Gate: no row at all is a failed extract; none up to the as-of date is a wrong var
with counts as (

    select
        count(*) as row_count,
        count(case when line_class = 'later' then 1 end) as later_count,
        count(case when line_class not in ('later', 'rejected') then 1 end) as usable_count
    from {{ ref('stg_segmentation__transactions') }}

)

{{ customer_segmentation.gate(
    'counts',
    (
        'row_count = 0 or (usable_count = 0 and later_count > 0)'
        if customer_segmentation.has_input('transactions') else 'false'
    ),
    "case
        when row_count = 0
            then 'The input transactions has no rows: check the file or relation that the var '
                || 'transactions names.'
        else 'All rows of transactions lie after the as-of date: correct the var as_of_date.'
    end",
) }}
