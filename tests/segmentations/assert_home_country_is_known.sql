-- Gate: a home country that nobody knows would make everyone live abroad
{{ config(enabled=(var('home_country') or '') != '') }}

with spellings as (

    select count(*) as spelling_count
    from {{ customer_segmentation.seed_relation('country_names') }}
    where
        spelling = upper(trim({{ customer_segmentation.text_literal(var('home_country')) }}))
        and country <> 'Unknown'

)

{{ customer_segmentation.gate(
    'spellings',
    'spelling_count = 0',
    "'The var home_country is not the name of a country that the seed country_names knows: write '
        || 'it in English, or as its code.'",
) }}
