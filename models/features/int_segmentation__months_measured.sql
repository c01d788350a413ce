-- One row per customer and month-end from their first line on: what was known of them then
{%- set window_months = var('rfm_window_months') %}
{%- set changes_in_order = 'partition by customer_id order by month_end rows unbounded preceding' %}

with money as (

    select * from {{ ref('int_segmentation__money_by_month') }}

),

months as (

    select
        *,
        lead(month_end, 3) over (order by month_end) as leaves_quarter_on
    from {{ ref('int_segmentation__months_listed') }}
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

orders_restated as (

    select * from {{ ref('int_segmentation__orders_restated') }}

),

{% if window_months -%}
orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

days as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

{% endif -%}
-- A customer's figures stay as they are from one change to the next. Where an order stood otherwise
-- at a month-end, the line that changed it ends that.
changes as (

    select
        customer_id,
        month_end,
        'revenue' as change_kind,
        revenue as amount
    from money
    union all
    select
        customer_id,
        month_end,
        'returned lines' as change_kind,
        return_line_count as amount
    from money
    where return_line_count > 0
    union all
    select
        customer_id,
        leaves_year_on as month_end,
        'revenue leaves year' as change_kind,
        -revenue as amount
    from money
    where leaves_year_on is not null
    union all
    select
        money.customer_id,
        months.month_end,
        'revenue of quarter' as change_kind,
        money.revenue as amount
    from money
    inner join months on money.month_end = months.month_end
    union all
    select
        money.customer_id,
        months.leaves_quarter_on as month_end,
        'revenue of quarter' as change_kind,
        -money.revenue as amount
    from money
    inner join months on money.month_end = months.month_end
    where months.leaves_quarter_on is not null
    union all
    {% if window_months -%}
    select
        customer_id,
        leaves_window_on as month_end,
        'revenue leaves window' as change_kind,
        -revenue as amount
    from money
    where leaves_window_on is not null
    union all
    select
        orders.customer_id,
        days.leaves_window_on as month_end,
        'orders leave window' as change_kind,
        count(*) as amount
    from orders
    inner join days on cast(orders.ordered_at as date) = days.ordered_on
    where days.leaves_window_on is not null
    group by
        orders.customer_id,
        days.leaves_window_on
    union all
    {% endif -%}
    select
        customer_id,
        known_on as month_end,
        'rhythm' as change_kind,
        null as amount
    from rhythms
    where not is_restated
    union all
    select
        customer_id,
        month_end,
        'restated' as change_kind,
        null as amount
    from orders_restated

),

-- All that lies before the first month counts as known at its end.
changed as (

    select
        changes.customer_id,
        greatest(changes.month_end, bounds.first_month_end) as month_end,
        sum(case when changes.change_kind = 'revenue' then changes.amount else 0 end) as monetary,
        sum(
            case
                when changes.change_kind in ('revenue', 'revenue leaves year') then changes.amount
                else 0
            end
        ) as revenue_12_months,
        sum(case when changes.change_kind = 'revenue of quarter' then changes.amount else 0 end)
            as revenue_3_months,
        {% if window_months -%}
        sum(
            case
                when changes.change_kind in ('revenue', 'revenue leaves window') then changes.amount
                else 0
            end
        ) as scored_monetary,
        sum(case when changes.change_kind = 'orders leave window' then changes.amount else 0 end)
            as left_order_count,
        {% endif -%}
        sum(case when changes.change_kind = 'returned lines' then changes.amount else 0 end)
            as return_line_count,
        max(case when changes.change_kind = 'rhythm' then 1 else 0 end) = 1
            as has_rhythm,
        max(case when changes.change_kind = 'restated' then 1 else 0 end) = 1 as is_restated
    from changes
    cross join bounds
    where changes.month_end <= bounds.last_month_end
    group by
        changes.customer_id,
        greatest(changes.month_end, bounds.first_month_end)

),

running as (

    select
        customer_id,
        month_end,
        is_restated,
        return_line_count as new_return_line_count,
        lead(month_end) over (partition by customer_id order by month_end) as next_month_end,
        sum(monetary) over ({{ changes_in_order }}) as monetary,
        sum(revenue_12_months) over ({{ changes_in_order }}) as revenue_12_months,
        sum(revenue_3_months) over ({{ changes_in_order }}) as revenue_3_months,
        {% if window_months -%}
        sum(scored_monetary) over ({{ changes_in_order }}) as scored_monetary,
        sum(left_order_count) over ({{ changes_in_order }}) as left_order_count,
        {% endif -%}
        sum(return_line_count) over ({{ changes_in_order }}) as return_line_count,
        max(case when has_rhythm then month_end end) over ({{ changes_in_order }}) as known_on
    from changed

),

known as (

    select
        running.*,
        customers.is_profiled,
        rhythms.first_ordered_on,
        rhythms.last_ordered_on,
        coalesce(rhythms.order_count, 0) as order_count,
        {% if window_months -%}
        coalesce(
            case
                when running.is_restated then rhythms.window_order_count
                else rhythms.order_count - running.left_order_count
            end,
            0
        ) as scored_order_count,
        {% endif -%}
        rhythms.order_day_count,
        rhythms.gap_count,
        rhythms.gap_days,
        rhythms.last_gap_days,
        rhythms.earlier_gap_days
    from running
    inner join customers on running.customer_id = customers.customer_id
    left join rhythms
        on
            running.customer_id = rhythms.customer_id
            and case when running.is_restated then running.month_end else running.known_on end
            = rhythms.known_on
            and running.is_restated = rhythms.is_restated

),

final as (

    select
        -- ids
        known.customer_id,

        -- text
        case
            when known.order_count > 0 then 'buyer'
            when known.return_line_count > 0 then 'returns only'
            else 'prospect'
        end as customer_status,

        -- booleans
        months.is_in_history,
        known.is_profiled,
        coalesce(known.last_ordered_on >= months.starts_on, false) as has_ordered,
        known.new_return_line_count > 0 and known.month_end = months.month_end as has_returned,

        -- numbers
        cast(
            {{ dbt.datediff('known.last_ordered_on', 'months.month_end', 'day') }}
            as {{ dbt.type_bigint() }}
        ) as recency_days,
        cast(known.order_count as {{ dbt.type_bigint() }}) as frequency,
        cast(known.monetary as decimal(18, 4)) as monetary,
        {% if window_months -%}
        cast(known.scored_order_count as {{ dbt.type_bigint() }}) as scored_frequency,
        cast(known.scored_monetary as decimal(18, 4)) as scored_monetary,
        {%- else -%}
        cast(known.order_count as {{ dbt.type_bigint() }}) as scored_frequency,
        cast(known.monetary as decimal(18, 4)) as scored_monetary,
        {%- endif %}
        cast(known.revenue_12_months as decimal(18, 4)) as revenue_12_months,
        cast(known.revenue_3_months as decimal(18, 4)) as revenue_3_months,
        known.order_day_count,
        known.gap_count,
        known.gap_days,
        known.last_gap_days,
        known.earlier_gap_days,

        -- dates
        months.month_end,
        known.first_ordered_on
    from known
    inner join months
        on
            known.month_end <= months.month_end
            and (
                known.next_month_end > months.month_end
                or known.next_month_end is null
            )

)

select * from final
