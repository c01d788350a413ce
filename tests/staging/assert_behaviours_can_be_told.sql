-- Gate: behaviours are those that seg_behaviour knows, each with a priority of its own
{%- set known = [
    'Wholesale', 'Likely wholesale', 'Return-prone', 'Too few orders', 'Seasonal',
    'Regular rhythm', 'Repeat favourites', 'Big basket', 'Explorer', 'Bargain hunter',
] %}

with behaviours as (

    select
        behaviour,
        priority,
        count(*) over (partition by priority) as same_count
    from {{ customer_segmentation.seed_relation('behaviours') }}

),

wrong as (

    select min(coalesce(behaviour, 'nothing')) as behaviour
    from behaviours
    where
        behaviour is null
        or behaviour not in ({{ customer_segmentation.text_literals(known) }})
        or priority is null
        or same_count > 1

)

{{ customer_segmentation.gate(
    'wrong',
    'behaviour is not null',
    "'The behaviours in the var seed_overrides take each of " ~ known | join(', ')
        ~ " once at most, with a whole number of its own as priority; look at ' || behaviour || '.'"
) }}
