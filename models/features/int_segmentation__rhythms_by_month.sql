-- One row per customer and month with a kept order: the rhythm of all their orders by its end
{%- set window_months = var('rfm_window_months') %}
{#- A customer's order days in their order, each with all before it. #}
{%- set days_in_order = 'partition by customer_id, restated_on order by ordered_on' %}

with orders as (

    select * from {{ ref('int_segmentation__orders_known') }}

),

days as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}
    where is_measured

),

bounds as (

    select
        min(month_end) as first_month_end,
        max(month_end) as last_month_end
    from months

),

order_days as (

    select
        customer_id,
        restated_on,
        ordered_on,
        count(*) as order_count
    from orders
    group by
        customer_id,
        restated_on,
        ordered_on

),

placed as (

    select
        order_days.customer_id,
        order_days.restated_on,
        order_days.ordered_on,
        order_days.order_count,
        {% if window_months -%}
        case
            when order_days.ordered_on >= months.window_begins_on then order_days.order_count
            else 0
        end as window_order_count,
        {% endif -%}
        -- All that lies before the first month counts as known at its end.
        coalesce(
            order_days.restated_on, greatest(days.month_end, bounds.first_month_end)
        ) as known_on
    from order_days
    inner join days on order_days.ordered_on = days.ordered_on
    cross join bounds
    {%- if window_months %}
    left join months on order_days.restated_on = months.month_end
    {%- endif %}
    where days.month_end <= bounds.last_month_end

),

followed as (

    select
        *,
        {{ dbt.datediff('lag(ordered_on) over (' ~ days_in_order ~ ')', 'ordered_on', 'day') }}
            as gap_days
    from placed

),

running as (

    select
        customer_id,
        restated_on,
        known_on,
        ordered_on as last_ordered_on,
        gap_days as last_gap_days,
        lead(known_on) over ({{ days_in_order }}) as next_known_on,
        min(ordered_on) over ({{ days_in_order }} rows unbounded preceding) as first_ordered_on,
        sum(order_count) over ({{ days_in_order }} rows unbounded preceding) as order_count,
        count(*) over ({{ days_in_order }} rows unbounded preceding) as order_day_count,
        count(gap_days) over ({{ days_in_order }} rows unbounded preceding) as gap_count,
        sum(coalesce(gap_days, 0)) over ({{ days_in_order }} rows unbounded preceding) as gap_days,
        {% if window_months -%}
        sum(window_order_count) over ({{ days_in_order }} rows unbounded preceding)
            as window_order_count,
        {% endif -%}
        {{ customer_segmentation.running_median(
            'gap_days', days_in_order ~ ' rows between unbounded preceding and 1 preceding'
        ) }} as earlier_gap_days
    from followed

),

final as (

    select
        customer_id,
        known_on,
        restated_on is not null as is_restated,
        first_ordered_on,
        last_ordered_on,
        order_count,
        order_day_count,
        {% if window_months -%}
        window_order_count,
        {% endif -%}
        gap_count,
        gap_days,
        last_gap_days,
        earlier_gap_days
    from running
    where
        known_on <> next_known_on
        or next_known_on is null

)

select * from final
