-- Gate: more rejected rows than max_rejected_share means a wrong mapping or a broken file
with reasons as (

    select
        reject_reason,
        count(*) as row_count
    from {{ ref('stg_segmentation__transactions') }}
    group by reject_reason

),

totals as (

    select
        sum(row_count) as row_count,
        coalesce(sum(case when reject_reason is not null then row_count end), 0) as rejected_count,
        {{ dbt.listagg(
            "case when reject_reason is not null then reject_reason || ' ' || row_count end",
            "', '",
            'order by row_count desc, reject_reason',
        ) }} as reasons
    from reasons

)

{{ customer_segmentation.gate(
    'totals',
    'rejected_count > ' ~ var('max_rejected_share') ~ ' * row_count',
    "rejected_count || ' of ' || row_count || ' rows of transactions are rejected, more than the '
        || 'share that max_rejected_share allows (" ~ var('max_rejected_share') ~ "): ' || reasons
        || '; correct the input or the var transaction_columns, or allow more.'",
) }}
