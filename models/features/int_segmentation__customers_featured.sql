-- One row per customer known from either input: everything that segmentations are built from
{%- set has_orders = customer_segmentation.has_input('transactions') %}
{%- set listed = customer_segmentation.listed_columns() | list %}
{#- Without transactions, nothing is known of purchases, not even that there were none. #}
{%- set nothing = '0' if has_orders else 'null' %}
{%- set window_months = var('rfm_window_months') %}
{#- Whether scores look at an order, or at a line. #}
{%- set order_is_scored = customer_segmentation.is_in_trailing_months(
    'cast(orders.ordered_at as date)', 'as_of.as_of_date', window_months
) if window_months else 'true' %}
{%- set line_is_scored = order_is_scored | replace('orders.', 'lines.') %}
{%- set line_revenue = customer_segmentation.line_revenue('lines.line_class', 'lines.amount') %}

with lines as (

    select * from {{ ref('stg_segmentation__transactions') }}

),

orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}

),

as_of as (

    select * from {{ ref('stg_segmentation__as_of') }}

),

records as (

    select * from {{ ref('stg_segmentation__customers') }}
    where line_class <> 'rejected'

),

purchases as (

    select * from {{ ref('int_segmentation__purchases_measured') }}

),

line_totals as (

    select
        lines.customer_id,
        sum(
            case
                when
                    lines.line_class in ('sale', 'return')
                    and {{ customer_segmentation.is_in_trailing_months(
                        'cast(lines.ordered_at as date)', 'as_of.as_of_date', 12
                    ) }}
                    then {{ line_revenue }}
            end
        ) as revenue_12_months,
        sum(
            case
                when
                    lines.line_class in ('sale', 'return')
                    and {{ line_is_scored }}
                    then {{ line_revenue }}
            end
        ) as scored_monetary
    from lines
    cross join as_of
    where
        lines.customer_id is not null
        and lines.line_class <> 'later'
    group by lines.customer_id

),

-- Every customer that an input names as of the date, whatever became of the rows.
known_customers as (

    select customer_id
    from line_totals
    union
    select customer_id
    from records
    where signed_up_later_on is null

),

order_totals as (

    select
        orders.customer_id,
        count(case when orders.order_type = 'sale' then 1 end) as frequency,
        count(case when orders.order_type = 'cancelled' then 1 end) as cancelled_order_count,
        count(case when orders.order_type = 'return' then 1 end) as return_order_count,
        count(
            distinct case when orders.order_type = 'sale' then cast(orders.ordered_at as date) end
        ) as order_day_count,
        min(case when orders.order_type = 'sale' then cast(orders.ordered_at as date) end)
            as first_ordered_on,
        max(case when orders.order_type = 'sale' then cast(orders.ordered_at as date) end)
            as last_ordered_on,
        sum(case when orders.order_type = 'sale' then orders.gross_amount else 0 end)
            as kept_order_amount,
        sum(case when orders.order_type = 'sale' then orders.unit_count else 0 end)
            as kept_unit_count,
        sum(orders.gross_amount) as gross_amount,
        sum(orders.return_amount) as return_amount,
        sum(orders.net_amount) as net_amount,
        count(
            case
                when
                    orders.order_type = 'sale'
                    and {{ order_is_scored }}
                    then 1
            end
        ) as scored_frequency
    from orders
    cross join as_of
    group by orders.customer_id

),

country_totals as (

    select
        customer_id,
        country,
        count(case when order_type = 'sale' then 1 end) as sale_order_count,
        coalesce(
            max(case when order_type = 'sale' then ordered_at end), max(ordered_at)
        ) as last_ordered_at
    from orders
    where country is not null
    group by
        customer_id,
        country

),

countries_ranked as (

    select
        customer_id,
        country,
        row_number() over (
            partition by customer_id
            order by sale_order_count desc, last_ordered_at desc, country asc
        ) as country_rank
    from country_totals

),

measured as (

    select
        known_customers.customer_id,
        as_of.as_of_date,
        records.gender,
        records.city,
        records.region,
        records.customer_type,
        records.age,
        records.annual_income,
        records.signed_up_on,
        records.marketing_allowed,
        {% for column in listed -%}
        records.{{ column }},
        {% endfor -%}
        order_totals.first_ordered_on,
        order_totals.last_ordered_on,
        order_totals.kept_order_amount,
        order_totals.kept_unit_count,
        {% if has_orders -%}
        case
            when order_totals.frequency > 0 then 'buyer'
            when order_totals.return_order_count > 0 then 'returns only'
            else 'prospect'
        end
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as customer_status,
        coalesce(records.country, countries_ranked.country) as country,
        records.customer_id is not null as has_record,
        coalesce(records.profiling_allowed, true) as is_profiled,
        coalesce(order_totals.frequency, {{ nothing }}) as frequency,
        coalesce(order_totals.cancelled_order_count, {{ nothing }}) as cancelled_order_count,
        coalesce(order_totals.gross_amount, {{ nothing }}) as gross_amount,
        coalesce(order_totals.return_amount, {{ nothing }}) as return_amount,
        coalesce(order_totals.net_amount, {{ nothing }}) as net_amount,
        coalesce(order_totals.order_day_count, {{ nothing }}) as order_day_count,
        coalesce(order_totals.return_order_count, {{ nothing }}) as return_order_count,
        coalesce(order_totals.scored_frequency, {{ nothing }}) as scored_frequency,
        coalesce(line_totals.scored_monetary, {{ nothing }}) as scored_monetary,
        coalesce(line_totals.revenue_12_months, {{ nothing }}) as revenue_12_months,
        coalesce(purchases.distinct_product_count, {{ nothing }}) as distinct_product_count
    from known_customers
    cross join as_of
    left join records on known_customers.customer_id = records.customer_id
    left join line_totals on known_customers.customer_id = line_totals.customer_id
    left join order_totals on known_customers.customer_id = order_totals.customer_id
    left join purchases on known_customers.customer_id = purchases.customer_id
    left join countries_ranked
        on
            known_customers.customer_id = countries_ranked.customer_id
            and countries_ranked.country_rank = 1

),

final as (

    select
        -- ids
        customer_id,

        -- text
        customer_status,
        gender,
        city,
        region,
        country,
        customer_type,
        {% for column in customer_segmentation.attribute_columns('text') -%}
        {{ column }},
        {% endfor %}
        -- booleans
        has_record,
        is_profiled,
        marketing_allowed,

        -- numbers
        age,
        annual_income,
        {% for column in customer_segmentation.psychographic_columns()
            + customer_segmentation.attribute_columns('number') -%}
        {{ column }},
        {% endfor -%}
        cast(
            {{ dbt.datediff('last_ordered_on', 'as_of_date', 'day') }}
            as {{ dbt.type_bigint() }}
        ) as recency_days,
        frequency,
        cast({{ var('monetary_basis') }}_amount as decimal(18, 4)) as monetary,
        cast(gross_amount as decimal(18, 4)) as gross_amount,
        cast(return_amount as decimal(18, 4)) as return_amount,
        cast(net_amount as decimal(18, 4)) as net_amount,
        scored_frequency,
        cast(scored_monetary as decimal(18, 4)) as scored_monetary,
        cast(revenue_12_months as decimal(18, 4)) as revenue_12_months,
        cancelled_order_count,
        return_order_count,
        order_day_count,
        distinct_product_count,
        cast(
            {{ dbt.datediff('first_ordered_on', 'as_of_date', 'day') }}
            as {{ dbt.type_bigint() }}
        ) as tenure_days,

        -- ratios
        {{ customer_segmentation.ratio('return_amount', 'gross_amount') }} as return_rate,
        {{ customer_segmentation.ratio('kept_order_amount', 'frequency') }} as average_order_value,
        {{ customer_segmentation.ratio('kept_unit_count', 'frequency') }} as average_basket_units,
        {{ customer_segmentation.ratio(
            dbt.datediff('first_ordered_on', 'last_ordered_on', 'day'), '(order_day_count - 1)'
        ) }} as average_days_between_orders,

        -- dates
        first_ordered_on,
        last_ordered_on,
        signed_up_on,
        as_of_date
    from measured

)

select * from final
