-- One row per customer, sale order and day on which its lines were returned in time to cancel them
{%- set cancellation_days = var('cancellation_days') %}

with goods as (

    select
        customer_id,
        coalesce(product_id, '') as product_id,
        abs(quantity) as absolute_quantity,
        -- In the order's own currency: rates change between a sale and its return.
        abs(charged_amount) as absolute_amount,
        order_id,
        line_class,
        ordered_at
    from {{ ref('stg_segmentation__transactions') }}
    where line_class in ('sale', 'return')

),

-- Few lines are ever returned: only those that are identical to a return need to be put in order.
returned as (

    select distinct
        customer_id,
        product_id,
        absolute_quantity,
        absolute_amount
    from goods
    where line_class = 'return'

),

lines as (

    select
        goods.customer_id,
        goods.product_id,
        goods.absolute_quantity,
        goods.absolute_amount,
        goods.order_id,
        goods.line_class,
        goods.ordered_at,
        count(*) as line_count
    from goods
    inner join returned
        on
            goods.customer_id = returned.customer_id
            and goods.product_id = returned.product_id
            and goods.absolute_quantity = returned.absolute_quantity
            and goods.absolute_amount = returned.absolute_amount
    group by
        goods.customer_id,
        goods.product_id,
        goods.absolute_quantity,
        goods.absolute_amount,
        goods.order_id,
        goods.line_class,
        goods.ordered_at

),

-- A return cancels the latest identical sale at or before it: the same customer, product, quantity
-- and price. So a sale and the returns up to the next sale belong together, among the identical
-- ones. At the same moment the sale comes first ('sale' sorts after 'return').
numbered as (

    select
        *,
        count(case when line_class = 'sale' then 1 end) over identical_lines as sale_number,
        max(case when line_class = 'sale' then ordered_at end) over identical_lines as sold_at
    from lines
    window identical_lines as (
        partition by customer_id, product_id, absolute_quantity, absolute_amount
        order by ordered_at asc, line_class desc, order_id asc
        rows between unbounded preceding and current row
    )

),

returned_in_time as (

    select
        *,
        max(case when line_class = 'sale' then order_id end) over sale_with_returns
            as sale_order_id,
        sum(case when line_class = 'sale' then line_count else 0 end) over sale_with_returns
            as sold_count,
        case
            when
                line_class = 'return'
                -- On Spark, dbt.dateadd would drop the fractions of a second.
                and ordered_at <= sold_at + interval '{{ cancellation_days }}' day
                then line_count
            else 0
        end as returned_count
    from numbered
    where sale_number > 0
    window sale_with_returns as (
        partition by customer_id, product_id, absolute_quantity, absolute_amount, sale_number
    )

),

counted as (

    select
        *,
        sum(returned_count) over (
            partition by customer_id, product_id, absolute_quantity, absolute_amount, sale_number
            order by ordered_at asc, line_class desc, order_id asc
            rows between unbounded preceding and current row
        ) as returned_so_far
    from returned_in_time

),

final as (

    select
        customer_id,
        sale_order_id as order_id,
        cast(ordered_at as date) as cancelled_on,
        -- One return line cancels one sale line at most.
        sum(
            least(sold_count, returned_so_far)
            - least(sold_count, returned_so_far - returned_count)
        ) as cancelled_line_count
    from counted
    where
        returned_count > 0
        and {{ cancellation_days }} > 0
    group by customer_id, sale_order_id, cast(ordered_at as date)

)

select * from final
