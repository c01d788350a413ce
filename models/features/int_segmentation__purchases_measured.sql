-- One row per customer with a kept order: what they buy, how much of it, and at what price

with orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

lines as (

    select * from {{ ref('stg_segmentation__transactions') }}
    where line_class = 'sale'

),

products as (

    select * from {{ ref('int_segmentation__products_priced') }}

),

limits as (

    {{ customer_segmentation.thresholds(['price_break_ratio']) }}

),

line_measures as (

    select
        lines.customer_id,
        count(*) as line_count,
        count(lines.product_id) as product_line_count,
        count(distinct lines.product_id) as distinct_product_count,
        count(distinct lines.order_id) as order_count,
        {{ customer_segmentation.median('lines.quantity') }} as median_line_units,
        count(products.high_price) as priced_line_count,
        count(
            case when lines.unit_price <= limits.price_break_ratio * products.high_price then 1 end
        ) as price_break_line_count
    from lines
    inner join orders
        on
            lines.customer_id = orders.customer_id
            and lines.order_id = orders.order_id
    cross join limits
    left join products
        on
            lines.product_id = products.product_id
            and extract(year from lines.ordered_at) = products.price_year
            and lines.unit_price is not null
    group by lines.customer_id

),

order_measures as (

    select
        customer_id,
        cast({{ customer_segmentation.median('gross_amount') }} as decimal(18, 4))
            as median_order_amount,
        sum(gross_amount) as gross_amount,
        sum(unit_count) as unit_count,
        sum(discount_amount) as discount_amount
    from orders
    group by customer_id

),

final as (

    select
        line_measures.customer_id,
        line_measures.distinct_product_count,
        line_measures.median_line_units,
        order_measures.median_order_amount,
        {{ customer_segmentation.ratio(
            'order_measures.gross_amount', 'order_measures.unit_count'
        ) }} as average_unit_price,
        {{ customer_segmentation.ratio('line_measures.line_count', 'line_measures.order_count') }}
            as average_line_count,
        {{ customer_segmentation.ratio(
            'line_measures.distinct_product_count', 'line_measures.product_line_count'
        ) }} as variety_share,
        {{ customer_segmentation.ratio(
            'line_measures.price_break_line_count', 'line_measures.priced_line_count'
        ) }} as price_break_share,
        {{ customer_segmentation.ratio(
            'order_measures.discount_amount',
            '(order_measures.gross_amount + order_measures.discount_amount)',
        ) }} as discount_share
    from line_measures
    inner join order_measures on line_measures.customer_id = order_measures.customer_id

)

select * from final
