-- Gate: 3/4/1980 in the wrong order makes another birthday. The text itself is nobody's business.
with date_formats as (

    select min(column_name) as column_name
    from {{ ref('stg_segmentation__customer_date_formats') }}
    where is_ambiguous

)

{{ customer_segmentation.gate(
    'date_formats',
    'column_name is not null',
    "'The dates in ' || column_name || ' of customers read as well with the month first as with '
        || 'the day first: set the var date_format to {customers: month_first} or '
        || '{customers: day_first}.'",
) }}
