-- One row per customer and sale order of which at least one line was cancelled in time
{%- set cancellation_days = var('cancellation_days') %}

with lines as (

    select
        customer_id,
        product_id,
        abs(quantity) as absolute_quantity,
        abs(amount) as absolute_amount,
        order_id,
        line_class,
        ordered_at,
        count(*) as line_count
    from {{ ref('stg_segmentation__transactions') }}
    where line_class in ('sale', 'return')
    group by
        customer_id,
        product_id,
        abs(quantity),
        abs(amount),
        order_id,
        line_class,
        ordered_at

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
        and next_at <= {{ dbt.dateadd('day', cancellation_days, 'ordered_at') }}
        and {{ cancellation_days }} > 0
    group by customer_id, order_id

)

select * from final
