-- One row per customer: the region of the world that they buy from, or the home country

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

country_names as (

    select * from {{ customer_segmentation.seed_relation('country_names') }}

),

home as (

    select max(country) as country
    from country_names
    where spelling = upper({{ customer_segmentation.text_literal(
        (var('home_country') or '') | trim
    ) }})

),

final as (

    select
        customers.customer_id,
        case
            when country_names.country = home.country then 'Home'
            else coalesce(country_names.region, 'Unknown')
        end as segment,
        coalesce(country_names.country, 'Unknown') as country,
        country_names.country_code,
        coalesce(country_names.region, 'Unknown') as world_region,
        coalesce(country_names.continent, 'Unknown') as continent,
        case
            when country_names.country <> 'Unknown'
                then country_names.country = home.country
        end as is_home
    from customers
    cross join home
    left join country_names on upper(customers.country) = country_names.spelling

)

select * from final
