-- One row per customer and sale order of which at least one line was cancelled in time
{%- set cancellation_days = var('cancellation_days') %}

with goods as (

    select
        customer_id,
        coalesce(product_id, '') as product_id,
        abs(quantity) as absolute_quantity,
        abs(amount) as absolute_amount,
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
-- and price. So a sale is cancelled when the next event after it, among the identical ones, is a
-- return. At the same moment the sale comes first ('sale' sorts after 'return').
followed as (

    select
        *,
        lead(line_class) over identical_lines as next_class,
        lead(ordered_at) over identical_lines as next_at,
        lead(line_count) over identical_lines as next_count
    from lines
    window identical_lines as (
        partition by customer_id, product_id, absolute_quantity, absolute_amount
        order by ordered_at asc, line_class desc, order_id asc
    )

),

final as (

    select
        customer_id,
        order_id,
        -- One return line cancels one sale line at most.
        sum(least(line_count, next_count)) as cancelled_line_count
    from followed
    where
        line_class = 'sale'
        and next_class = 'return'
        -- On Spark, dbt.dateadd would drop the fractions of a second.
        and next_at <= ordered_at + interval '{{ cancellation_days }}' day
        and {{ cancellation_days }} > 0
    group by customer_id, order_id

)

select * from final
