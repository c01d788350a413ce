-- Countries whose name is not in the seed country_names, which count as Unknown
{{ config(severity='warn', enabled='geographic' in var('segmentations')) }}

select
    customers.country,
    count(*) as customer_count
from {{ ref('int_segmentation__customers_featured') }} as customers
left join {{ customer_segmentation.seed_relation('country_names') }} as country_names
    on upper(customers.country) = country_names.spelling
where
    customers.country is not null
    and country_names.spelling is null
group by customers.country
