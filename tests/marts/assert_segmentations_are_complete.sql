-- Each segmentation holds every customer once, and all revenue; those listed are all there
with segmentations as (

    {% for segmentation in customer_segmentation.active_segmentations() -%}
    select '{{ segmentation }}' as segmentation
    {% if not loop.last %}union all{% endif %}
    {% else -%}
    select '' as segmentation
    where false
    {% endfor %}

),

customers as (

    select
        count(*) as customers,
        sum(monetary) as revenue,
        sum(revenue_12_months) as revenue_12_months
    from {{ ref('customer_segments') }}

),

members as (

    select
        members.segmentation,
        count(*) as customers,
        sum(customers.monetary) as revenue
    from {{ ref('segment_members') }} as members
    inner join {{ ref('customer_segments') }} as customers
        on members.customer_id = customers.customer_id
    group by members.segmentation

),

summary as (

    select
        segmentation,
        sum(customers) as customers,
        sum(revenue) as revenue,
        sum(revenue_12_months) as revenue_12_months
    from {{ ref('segment_summary') }}
    group by segmentation

)

select
    segmentations.segmentation as listed,
    members.segmentation,
    members.customers,
    members.revenue
from segmentations
full outer join members on segmentations.segmentation = members.segmentation
left join summary on members.segmentation = summary.segmentation
cross join customers
where
    customers.customers > 0
    and (
        segmentations.segmentation is null
        or members.customers is distinct from customers.customers
        or members.revenue is distinct from customers.revenue
        or summary.customers is distinct from customers.customers
        or summary.revenue is distinct from customers.revenue
        or summary.revenue_12_months is distinct from customers.revenue_12_months
    )
