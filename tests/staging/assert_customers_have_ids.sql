-- Gate: no row at all is a failed extract; many without an id, a wrong mapping
with totals as (

    select
        count(*) as row_count,
        count(case when line_class = 'rejected' then 1 end) as rejected_count
    from {{ ref('stg_segmentation__customers') }}

)

{{ customer_segmentation.gate(
    'totals',
    (
        '(row_count = 0 or rejected_count > ' ~ var('max_rejected_share') ~ ' * row_count)'
        if customer_segmentation.has_input('customers') else 'false'
    ),
    "case
        when row_count = 0
            then 'The input customers has no rows: check the file or relation that the var '
                || 'customers names.'
        else
            rejected_count || ' of ' || row_count || ' rows of customers have no customer_id, more '
            || 'than the share that max_rejected_share allows: correct the input or the var '
            || 'customer_columns.'
    end",
) }}
