-- One row per profiled buyer: when they order; null where their orders tell no habit
{%- set names = {
    'weekday': ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
    'daypart': ['Morning', 'Afternoon', 'Evening', 'Night'],
} %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}
    where
        customer_status = 'buyer'
        and is_profiled

),

orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

limits as (

    {{ customer_segmentation.thresholds([
        'min_repeat_orders', 'season_days', 'season_share',
        'morning_hour', 'afternoon_hour', 'evening_hour', 'night_hour',
    ]) }}

),

placed as (

    select
        orders.customer_id,
        {{ customer_segmentation.weekday_number('cast(orders.ordered_at as date)') }}
            as weekday_number,
        -- Midnight sharp is a date without a time.
        case
            when cast(cast(orders.ordered_at as date) as timestamp) = orders.ordered_at then null
            when extract(hour from orders.ordered_at) < limits.morning_hour then 4
            when extract(hour from orders.ordered_at) < limits.afternoon_hour then 1
            when extract(hour from orders.ordered_at) < limits.evening_hour then 2
            when extract(hour from orders.ordered_at) < limits.night_hour then 3
            else 4
        end as daypart_number,
        extract(quarter from orders.ordered_at) as quarter_number,
        extract(year from orders.ordered_at) as year_number
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    cross join limits

),

history as (

    select max(tenure_days) as history_days
    from customers

),

counted as (

    select
        customer_id,
        {% for quarter in range(1, 5) -%}
        count(case when quarter_number = {{ quarter }} then 1 end) as quarter_{{ quarter }}_count,
        count(distinct case when quarter_number = {{ quarter }} then year_number end)
            as quarter_{{ quarter }}_year_count,
        {% endfor -%}
        count(case when weekday_number >= 6 then 1 end) as weekend_count,
        count(distinct year_number) as year_count,
        count(*) as order_count
    from placed
    group by customer_id

),

{% for kind in names -%}
{{ kind }}s_counted as (

    select
        customer_id,
        {{ kind }}_number,
        count(*) as order_count,
        sum(count(*)) over (partition by customer_id) as all_count,
        max(count(*)) over (partition by customer_id) as most_count
    from placed
    where {{ kind }}_number is not null
    group by
        customer_id,
        {{ kind }}_number

),

-- Where two share the most orders, neither is usual.
{{ kind }}s_usual as (

    select
        {{ kind }}s_counted.customer_id,
        max({{ kind }}s_counted.{{ kind }}_number) as {{ kind }}_number
    from {{ kind }}s_counted
    cross join limits
    where
        {{ kind }}s_counted.order_count = {{ kind }}s_counted.most_count
        and {{ kind }}s_counted.all_count >= limits.min_repeat_orders
    group by {{ kind }}s_counted.customer_id
    having count(*) = 1

),

{% endfor -%}
final as (

    select
        counted.customer_id,
        {% for kind, its_names in names.items() -%}
        case {{ kind }}s_usual.{{ kind }}_number
            {%- for name in its_names %}
            when {{ loop.index }} then '{{ name }}'
            {%- endfor %}
        end as usual_{{ kind }},
        {% endfor -%}
        {{ customer_segmentation.ratio('counted.weekend_count', 'counted.order_count') }}
            as weekend_share,
        case
            when
                counted.order_count < limits.min_repeat_orders
                or counted.year_count < 2
                or history.history_days < limits.season_days
                then 'Not assessable'
            {%- for quarter in range(1, 5) %}
            when
                counted.quarter_{{ quarter }}_count
                >= limits.season_share * counted.order_count
                and counted.quarter_{{ quarter }}_year_count >= 2
                then 'Quarter {{ quarter }}'
            {%- endfor %}
            else 'No season'
        end as season
    from counted
    cross join limits
    cross join history
    left join weekdays_usual on counted.customer_id = weekdays_usual.customer_id
    left join dayparts_usual on counted.customer_id = dayparts_usual.customer_id

)

select * from final
