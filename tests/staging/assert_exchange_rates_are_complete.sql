-- Gate: an order without an exchange rate can neither be added to others nor left out
with unconverted as (

    select
        currency,
        cast(ordered_at as date) as ordered_on,
        count(*) as row_count
    from {{ ref('stg_segmentation__transactions') }}
    where reject_reason in ('currency missing', 'currency without an exchange rate')
    group by
        currency,
        cast(ordered_at as date)

),

numbered as (

    select
        *,
        row_number() over (order by ordered_on asc, currency asc nulls last) as day_number
    from unconverted

),

first_days as (

    select
        max(case when day_number = 1 then currency end) as currency,
        max(case when day_number = 1 then ordered_on end) as ordered_on,
        max(case when day_number = 1 then row_count end) as row_count,
        count(*) - 1 as other_count
    from numbered

)

{{ customer_segmentation.gate(
    'first_days',
    'row_count > 0',
    "case
        when currency is null
            then 'Some rows have no currency, and so no exchange rate, such as on ' || ordered_on
                || ' (rows: ' || row_count || ', other days or currencies without a rate: '
                || other_count || '): fill the column, map it in '
                || 'transaction_columns, or leave the var exchange_rates empty.'
        else
            'There is no exchange rate for ' || currency || ' on ' || ordered_on || ' (rows: '
            || row_count || ', other days or currencies without a rate: ' || other_count
            || '): add it to what the var exchange_rates names.'
    end",
) }}
