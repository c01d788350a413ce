-- Gate: data on health, religion and the like need a reason in law, so their use is said aloud; and
-- a name or a date of birth is no attribute
with patterns as (

    select
        category,
        '% ' || word || case when matches = 'whole' then ' %' else '%' end as pattern
    from {{ customer_segmentation.seed_relation('special_categories') }}

),

named_columns as (

    select
        '' as heading,
        false as is_listed,
        '' as words
    {% for heading, is_listed in customer_segmentation.headings_to_acknowledge().items() -%}
    union all
    select
        {{ customer_segmentation.text_literal(heading) }} as heading,
        {{ is_listed }} as is_listed,
        {{ customer_segmentation.text_literal(
            ' ' ~ customer_segmentation.column_name(heading) | replace('_', ' ') ~ ' '
        ) }} as words
    {% endfor %}

),

found as (

    select
        min(named_columns.heading) as heading,
        min(patterns.category) as category
    from named_columns
    inner join patterns on named_columns.words like patterns.pattern
    where
        named_columns.is_listed
        or patterns.category not in ('name or address', 'date of birth')

)

{{ customer_segmentation.gate(
    'found',
    'heading is not null',
    "'The column ' || heading || ' of customers looks like personal data that the law protects ('
        || category || '): leave it out, or list it in the var acknowledged_columns.'",
) }}
