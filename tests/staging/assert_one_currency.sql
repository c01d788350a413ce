-- Gate: amounts in different currencies cannot be added, unless exchange rates convert them
with currencies as (

    select
        currency,
        count(*) as row_count
    from {{ ref('stg_segmentation__transactions') }}
    where
        currency is not null
        and line_class not in ('rejected', 'later')
    group by currency

),

totals as (

    select
        count(*) as currency_count,
        {{ customer_segmentation.join_texts(
            "currency || ' ' || row_count",
            "', '",
            'row_count desc, currency',
        ) }} as currencies
    from currencies

)

{{ customer_segmentation.gate(
    'totals',
    'false' if customer_segmentation.has_exchange_rates() else 'currency_count > 1',
    "'The rows of transactions are in ' || currency_count || ' currencies, and amounts in '
        || 'different currencies cannot be added: ' || currencies
        || '; keep one, or name a table of rates in the var exchange_rates, which converts them.'",
) }}
