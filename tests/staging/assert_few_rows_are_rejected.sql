-- Gate: more rejected rows than max_rejected_share means a wrong mapping or a broken file
with transactions as (

    select
        line_class,
        reject_reason,
        case
            {%- for column in ['ordered_at', 'amount', 'quantity', 'unit_price'] %}
            when reject_reason like '{{ column }} %'
                then {{ customer_segmentation.trim_spaces('raw_' ~ column) }}
            {%- endfor %}
        end as raw_text
    from {{ ref('stg_segmentation__transactions') }}

),

-- A number or a date is worth showing; another text may be anything, such as an address.
counted as (

    select
        line_class,
        reject_reason,
        count(*) as row_count,
        min(
            case
                when {{ customer_segmentation.regex_matches(
                    'raw_text', '^[^@]{0,10}[0-9][^@]{0,20}$'
                ) }}
                    then raw_text
            end
        ) as example
    from transactions
    group by
        line_class,
        reject_reason

),

reasons as (

    select
        line_class,
        row_count,
        reject_reason,
        reject_reason || ' ' || row_count || coalesce(' (such as ' || example || ')', '') as told
    from counted

),

totals as (

    select
        coalesce(sum(case when line_class <> 'later' then row_count end), 0) as row_count,
        coalesce(sum(case when line_class = 'rejected' then row_count end), 0) as rejected_count,
        coalesce(sum(case when line_class = 'later' then row_count end), 0) as later_count,
        {{ customer_segmentation.join_texts(
            "case when line_class = 'rejected' then told end",
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
        || '; correct the input or the vars transaction_columns, date_format and '
        || 'decimal_separator, or allow more.'",
) }}
