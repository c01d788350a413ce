-- Gate: 3/4/2024 in the wrong order would move orders by months without a trace
with date_format as (

    select * from {{ ref('stg_segmentation__date_format') }}

)

{{ customer_segmentation.gate(
    'date_format',
    'ambiguous_text is not null',
    "'The dates of transactions read as well with the month first as with the day first, such as '
        || ambiguous_text || ': set the var date_format to month_first or day_first.'",
) }}
