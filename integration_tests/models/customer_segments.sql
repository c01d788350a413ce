-- One row per customer of the shop, with the package's segment
select
    customers.customer_no,
    coalesce(segments.rfm_segment, 'No order') as tier
from {{ ref('customers') }} as customers
left join {{ ref('customer_segmentation', 'customer_segments') }} as segments
    on segments.customer_id = cast(customers.customer_no as {{ dbt.type_string() }})
