-- One row per buyer: the store, brand or channel that they order from most, within which they score

with orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

lines as (

    select * from {{ ref('stg_segmentation__transactions') }}
    where line_class = 'sale'

),

totals as (

    select
        lines.customer_id,
        coalesce(lines.{{ var('score_within') }}, 'Unknown') as score_group,
        count(distinct lines.order_id) as order_count,
        max(lines.ordered_at) as last_ordered_at
    from lines
    inner join orders
        on
            lines.customer_id = orders.customer_id
            and lines.order_id = orders.order_id
    group by
        lines.customer_id,
        coalesce(lines.{{ var('score_within') }}, 'Unknown')

),

ranked as (

    select
        customer_id,
        score_group,
        row_number() over (
            partition by customer_id
            order by order_count desc, last_ordered_at desc, score_group asc
        ) as group_rank
    from totals

)

select
    customer_id,
    score_group
from ranked
where group_rank = 1
