-- Whoever an input names up to the as-of date is in customer_segments, and nobody else
with named_customers as (

    select customer_id
    from {{ ref('stg_segmentation__transactions') }}
    where
        customer_id is not null
        and line_class <> 'later'
    union
    select customer_id
    from {{ ref('stg_segmentation__customers') }}
    where
        customer_id is not null
        and signed_up_later_on is null

)

select
    named_customers.customer_id as named_customer_id,
    customers.customer_id
from named_customers
full outer join {{ ref('customer_segments') }} as customers
    on named_customers.customer_id = customers.customer_id
where
    named_customers.customer_id is null
    or customers.customer_id is null
