-- Words for a customer_type that are not in the seed profile_values, and so tell no wholesale
{{ config(severity='warn') }}

select
    customers.customer_type,
    count(*) as customer_count
from {{ ref('int_segmentation__customers_featured') }} as customers
left join {{ customer_segmentation.seed_relation('profile_values') }} as profile_values
    on
        profile_values.column_name = 'customer_type'
        and lower(customers.customer_type) = profile_values.written
where
    customers.customer_type is not null
    and profile_values.written is null
group by customers.customer_type
