-- Gate: data on health, religion and the like need a reason in law, so their use is said aloud
with patterns as (

    select
        category,
        '% ' || word || case when matches = 'whole' then ' %' else '%' end as pattern
    from {{ customer_segmentation.seed_relation('special_categories') }}

),

named_columns as (

    select
        '' as heading,
        '' as words
    {% for heading in customer_segmentation.headings_to_acknowledge() -%}
    union all
    select
        {{ customer_segmentation.text_literal(heading) }} as heading,
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

)

{{ customer_segmentation.gate(
    'found',
    'heading is not null',
    "'The column ' || heading || ' of customers looks like data of a special category (' || category
        || '), which the law protects: leave it out, or list it in the var acknowledged_columns.'",
) }}
