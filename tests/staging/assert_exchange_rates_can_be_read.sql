-- Gate: a rate that cannot be read would leave orders at the rate before it
with exchange_rates as (

    select * from {{ ref('stg_segmentation__exchange_rates') }}

),

faults as (

    select
        count(problem) as row_count,
        min(problem) as example
    from exchange_rates

)

{{ customer_segmentation.gate(
    'faults',
    'row_count > 0',
    "'Some rows of the exchange rates cannot be used (' || row_count || '), such as ' || example
        || ': correct them in what the var exchange_rates names.'",
) }}
