-- One row per month, measure and narrow range of amounts: how many orders or customers lie in it

with orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type <> 'return'

),

customers as (

    select * from {{ ref('int_segmentation__orders_by_month') }}
    where is_active

),

days as (

    select
        ordered_on,
        month_end
    from {{ ref('int_segmentation__days_counted') }}

),

limits as (

    {{ customer_segmentation.thresholds(['drift_value_step']) }}

),

amounts as (

    select
        days.month_end,
        'order_value_index' as measure,
        orders.gross_amount as amount
    from orders
    inner join days on cast(orders.ordered_at as date) = days.ordered_on
    union all
    select
        month_end,
        'revenue_per_customer_index' as measure,
        revenue as amount
    from customers

),

-- Steps of a logarithm, each as wide as the others; null for what is no money or less.
stepped as (

    select
        amounts.month_end,
        amounts.measure,
        cast(
            floor(
                ln(
                    cast(
                        case when amounts.amount > 0 then amounts.amount end
                        as {{ customer_segmentation.type_double() }}
                    )
                ) / limits.drift_value_step
            ) as integer
        ) as value_step
    from amounts
    cross join limits

)

select
    month_end,
    measure,
    value_step,
    count(*) as value_count
from stepped
group by
    month_end,
    measure,
    value_step
