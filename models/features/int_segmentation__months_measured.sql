-- One row per customer and month-end from their first line on: what was known of them then
{%- set window_months = var('rfm_window_months') %}
{%- set periods = ['year'] + (['window'] if window_months else []) %}
{%- set months_in_order = 'partition by customer_id order by month_end rows unbounded preceding' %}

with money as (

    select * from {{ ref('int_segmentation__money_by_month') }}

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

rhythms as (

    select * from {{ ref('int_segmentation__rhythms_by_month') }}

),

customers as (

    select
        customer_id,
        is_profiled
    from {{ ref('int_segmentation__customers_featured') }}

),

customers_restated as (

    select distinct
        customer_id,
        month_end
    from {{ ref('int_segmentation__orders_restated') }}

),

-- All that lies before the first month counts as arrived in it.
arrived as (

    select
        money.customer_id,
        greatest(money.month_end, bounds.first_month_end) as month_end,
        sum(money.revenue) as revenue,
        sum(case when money.month_end >= bounds.first_month_end then money.revenue else 0 end)
            as month_revenue,
        sum(money.return_line_count) as return_line_count,
        sum(
            case
                when money.month_end >= bounds.first_month_end then money.return_line_count
                else 0
            end
        ) as month_return_line_count
    from money
    cross join bounds
    where money.month_end <= bounds.last_month_end
    group by
        money.customer_id,
        greatest(money.month_end, bounds.first_month_end)

),

{% for period in periods -%}
left_{{ period }} as (

    select
        money.customer_id,
        greatest(money.leaves_{{ period }}_on, bounds.first_month_end) as month_end,
        sum(money.revenue) as revenue
    from money
    cross join bounds
    where money.leaves_{{ period }}_on <= bounds.last_month_end
    group by
        money.customer_id,
        greatest(money.leaves_{{ period }}_on, bounds.first_month_end)

),

{% endfor -%}

{% if window_months -%}
orders_left_window as (

    select
        orders.customer_id,
        greatest(days.leaves_window_on, bounds.first_month_end) as month_end,
        count(*) as order_count
    from {{ ref('int_segmentation__orders_typed') }} as orders
    inner join {{ ref('int_segmentation__days_counted') }} as days
        on cast(orders.ordered_at as date) = days.ordered_on
    cross join bounds
    where
        orders.order_type = 'sale'
        and days.leaves_window_on <= bounds.last_month_end
    group by
        orders.customer_id,
        greatest(days.leaves_window_on, bounds.first_month_end)

),

{% endif -%}
first_months as (

    select
        customer_id,
        min(month_end) as month_end
    from arrived
    group by customer_id

),

customer_months as (

    select
        first_months.customer_id,
        months.month_end,
        months.starts_on,
        months.is_in_history
    from first_months
    inner join months on first_months.month_end <= months.month_end

),

joined as (

    select
        customer_months.customer_id,
        customer_months.month_end,
        customer_months.starts_on,
        customer_months.is_in_history,
        coalesce(arrived.revenue, 0) as revenue,
        coalesce(arrived.month_revenue, 0) as month_revenue,
        coalesce(arrived.return_line_count, 0) as return_line_count,
        coalesce(arrived.month_return_line_count, 0) as month_return_line_count,
        {% for period in periods -%}
        coalesce(left_{{ period }}.revenue, 0) as left_{{ period }}_revenue,
        {% endfor -%}
        {% if window_months -%}
        coalesce(orders_left_window.order_count, 0) as left_window_order_count,
        {% endif -%}
        rhythms.known_on
    from customer_months
    left join arrived
        on
            customer_months.customer_id = arrived.customer_id
            and customer_months.month_end = arrived.month_end
    {% for period in periods -%}
    left join left_{{ period }}
        on
            customer_months.customer_id = left_{{ period }}.customer_id
            and customer_months.month_end = left_{{ period }}.month_end
    {% endfor -%}
    {% if window_months -%}
    left join orders_left_window
        on
            customer_months.customer_id = orders_left_window.customer_id
            and customer_months.month_end = orders_left_window.month_end
    {% endif -%}
    left join rhythms
        on
            not rhythms.is_restated
            and customer_months.customer_id = rhythms.customer_id
            and customer_months.month_end = rhythms.known_on

),

running as (

    select
        customer_id,
        month_end,
        starts_on,
        is_in_history,
        month_return_line_count,
        sum(revenue) over ({{ months_in_order }}) as monetary,
        sum(revenue - left_year_revenue) over ({{ months_in_order }}) as revenue_12_months,
        {% if window_months -%}
        sum(revenue - left_window_revenue) over ({{ months_in_order }}) as scored_monetary,
        sum(left_window_order_count) over ({{ months_in_order }}) as left_order_count,
        {% endif -%}
        sum(month_revenue) over (
            partition by customer_id
            order by month_end rows between 2 preceding and current row
        ) as revenue_3_months,
        sum(return_line_count) over ({{ months_in_order }}) as return_line_count,
        max(known_on) over ({{ months_in_order }}) as known_on
    from joined

),

final as (

    select
        -- ids
        running.customer_id,

        -- text
        case
            when rhythms.order_count > 0 then 'buyer'
            when running.return_line_count > 0 then 'returns only'
            else 'prospect'
        end as customer_status,

        -- booleans
        running.is_in_history,
        customers.is_profiled,
        coalesce(rhythms.last_ordered_on >= running.starts_on, false) as has_ordered,
        running.month_return_line_count > 0 as has_returned,

        -- numbers
        cast(
            {{ dbt.datediff('rhythms.last_ordered_on', 'running.month_end', 'day') }}
            as {{ dbt.type_bigint() }}
        ) as recency_days,
        cast(coalesce(rhythms.order_count, 0) as {{ dbt.type_bigint() }}) as frequency,
        cast(running.monetary as decimal(18, 4)) as monetary,
        {% if window_months -%}
        cast(
            coalesce(
                case
                    when rhythms.is_restated then rhythms.window_order_count
                    else rhythms.order_count - running.left_order_count
                end,
                0
            ) as {{ dbt.type_bigint() }}
        ) as scored_frequency,
        cast(running.scored_monetary as decimal(18, 4)) as scored_monetary,
        {%- else -%}
        cast(coalesce(rhythms.order_count, 0) as {{ dbt.type_bigint() }}) as scored_frequency,
        cast(running.monetary as decimal(18, 4)) as scored_monetary,
        {%- endif %}
        cast(running.revenue_12_months as decimal(18, 4)) as revenue_12_months,
        cast(running.revenue_3_months as decimal(18, 4)) as revenue_3_months,
        rhythms.order_day_count,
        rhythms.gap_count,
        rhythms.gap_days,
        rhythms.last_gap_days,
        rhythms.earlier_gap_days,

        -- dates
        running.month_end,
        rhythms.first_ordered_on
    from running
    inner join customers on running.customer_id = customers.customer_id
    left join customers_restated
        on
            running.customer_id = customers_restated.customer_id
            and running.month_end = customers_restated.month_end
    left join rhythms
        on
            running.customer_id = rhythms.customer_id
            and case
                when customers_restated.customer_id is null then running.known_on
                else running.month_end
            end = rhythms.known_on
            and (customers_restated.customer_id is not null) = rhythms.is_restated

)

select * from final
