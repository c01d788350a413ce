-- One row per customer, sale order and month-end at which it was kept and no longer is, or reverse

with lines as (

    select * from {{ ref('stg_segmentation__transactions') }}
    where line_class = 'sale'

),

cancellations as (

    select * from {{ ref('int_segmentation__sale_lines_matched') }}

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}
    where is_measured

),

returned_orders as (

    select distinct
        customer_id,
        order_id
    from cancellations

),

-- What an order still holds changes on the days of its lines, and of their returns.
changes as (

    select
        lines.customer_id,
        lines.order_id,
        cast(lines.ordered_at as date) as changed_on,
        count(*) as line_count
    from lines
    inner join returned_orders
        on
            lines.customer_id = returned_orders.customer_id
            and lines.order_id = returned_orders.order_id
    group by
        lines.customer_id,
        lines.order_id,
        cast(lines.ordered_at as date)
    union all
    select
        customer_id,
        order_id,
        cancelled_on as changed_on,
        -cancelled_line_count as line_count
    from cancellations

),

orders as (

    select
        customer_id,
        order_id,
        min(changed_on) as ordered_on,
        max(changed_on) as last_changed_on,
        sum(line_count) > 0 as is_kept
    from changes
    group by
        customer_id,
        order_id

),

seen as (

    select
        orders.customer_id,
        orders.order_id,
        orders.ordered_on,
        orders.is_kept,
        months.month_end,
        sum(case when changes.changed_on <= months.month_end then changes.line_count else 0 end) > 0
            as was_kept
    from orders
    inner join months
        on
            orders.ordered_on <= months.month_end
            and orders.last_changed_on > months.month_end
    inner join changes
        on
            orders.customer_id = changes.customer_id
            and orders.order_id = changes.order_id
    group by
        orders.customer_id,
        orders.order_id,
        orders.ordered_on,
        orders.is_kept,
        months.month_end

)

select
    customer_id,
    order_id,
    ordered_on,
    month_end,
    was_kept
from seen
where was_kept <> is_kept
