-- Gate: more rejected rows than max_rejected_share means a wrong mapping or a broken file
with reasons as (

    select
        line_class,
        reject_reason,
        count(*) as row_count
    from {{ ref('stg_segmentation__transactions') }}
    group by
        line_class,
        reject_reason

),

totals as (

    select
        coalesce(sum(case when line_class <> 'later' then row_count end), 0) as row_count,
        coalesce(sum(case when line_class = 'rejected' then row_count end), 0) as rejected_count,
        coalesce(sum(case when line_class = 'later' then row_count end), 0) as later_count,
        {{ customer_segmentation.join_texts(
            "case when line_class = 'rejected' then reject_reason || ' ' || row_count end",
            "', '",
            'row_count desc, reject_reason',
        ) }} as reasons
    from reasons

)

-- Where every row that is not later is rejected, the date is wrong, and another gate says so.
{{ customer_segmentation.gate(
    'totals',
    'rejected_count > ' ~ var('max_rejected_share') ~ ' * row_count'
        ~ ' and not (rejected_count = row_count and later_count > 0)',
    "rejected_count || ' of ' || row_count || ' rows of transactions are rejected, more than the '
        || 'share that max_rejected_share allows (" ~ var('max_rejected_share') ~ "): ' || reasons
        || '; correct the input or the var transaction_columns, or allow more.'",
) }}
