-- One row per customer, order, type and segmentation: its money, and the segment before the order

with orders as (

    select * from {{ ref('customer_orders') }}

),

days as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

segments as (

    select * from {{ ref('int_segmentation__segments_by_month') }}

),

segmentations as (

    {% for segmentation in customer_segmentation.history_segmentations() -%}
    select {{ customer_segmentation.text_literal(segmentation) }} as segmentation
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        orders.customer_id,
        orders.order_id,
        orders.order_type,
        orders.country,
        days.ordered_on,
        days.month_end,
        segmentations.segmentation,
        segments.segment_key,
        orders.{{ var('monetary_basis') }}_amount as revenue,
        case when orders.order_type = 'sale' then orders.gross_amount end as order_amount,
        case when orders.order_type = 'sale' then orders.customer_id end as active_customer_id
    from orders
    cross join segmentations
    inner join days on cast(orders.ordered_at as date) = days.ordered_on
    left join segments
        on
            orders.customer_id = segments.customer_id
            and days.previous_month_end = segments.month_end
            and segmentations.segmentation = segments.segmentation

)

select * from final
