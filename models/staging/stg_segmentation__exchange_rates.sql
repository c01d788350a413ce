-- One row per row of the exchange rates: what a currency is worth, and from when to when
{{ config(materialized='table') }}

with mapped as (

    {{ customer_segmentation.exchange_rates_mapped() }}

),

tidied as (

    select
        {{ customer_segmentation.trim_spaces('mapped.currency') }} as written_currency,
        {{ customer_segmentation.trim_spaces('mapped.valid_from') }} as written_from,
        {{ customer_segmentation.trim_spaces('mapped.rate') }} as written_rate
    from mapped

),

typed as (

    select
        *,
        upper(nullif(written_currency, '')) as currency,
        cast({{ customer_segmentation.timestamp_or_null('written_from', 'iso') }} as date)
            as valid_from,
        -- 1,085 is as likely a rate near one as one above a thousand.
        case
            when {{ customer_segmentation.regex_matches('written_rate', '^[0-9.]+$') }}
                then {{ customer_segmentation.decimal_or_null('written_rate', 18, 8) }}
            -- Spark writes a decimal below 0.000001 so.
            when {{ customer_segmentation.regex_matches(
                'written_rate', '^([1-9]([.][0-9]0*)?E-7|[1-9]([.]0*)?E-8)$'
            ) }}
                then {{ customer_segmentation.try_cast('written_rate', 'decimal(18, 8)') }}
        end as rate
    from tidied

),

periods as (

    select
        *,
        lead(valid_from) over (
            partition by currency order by valid_from asc nulls last, written_rate asc nulls last
        ) as valid_to,
        count(*) over (partition by currency, valid_from) as same_count
    from typed

),

checked as (

    select
        *,
        case
            when currency is null then 'the currency is missing'
            when valid_from is null then 'valid_from is no date such as 2024-03-05'
            when rate is null or rate = 0
                then 'the rate is no number above 0 such as 0.8537, with 8 decimals at most'
            when same_count > 1 then 'the currency has another row with this valid_from'
        end as fault
    from periods

),

final as (

    select
        -- text
        currency,
        concat_ws(', ', written_currency, written_from, written_rate) || ' (' || fault || ')'
            as problem,

        -- numbers
        rate,

        -- dates
        valid_from,
        valid_to
    from checked

)

select * from final
