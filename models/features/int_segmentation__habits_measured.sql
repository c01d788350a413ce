-- One row per profiled buyer: when they order; null where their orders tell no habit
{%- set weekdays =
    ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
{%- set dayparts = ['Morning', 'Afternoon', 'Evening', 'Night'] %}

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
        case
            when extract(hour from orders.ordered_at) < limits.morning_hour then 4
            when extract(hour from orders.ordered_at) < limits.afternoon_hour then 1
            when extract(hour from orders.ordered_at) < limits.evening_hour then 2
            when extract(hour from orders.ordered_at) < limits.night_hour then 3
            else 4
        end as daypart_number,
        extract(quarter from orders.ordered_at) as quarter_number,
        extract(year from orders.ordered_at) as year_number,
        cast(cast(orders.ordered_at as date) as timestamp) <> orders.ordered_at as has_time
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    cross join limits

),

-- An input of dates alone has all its orders at midnight.
reach as (

    select coalesce(max(case when has_time then 1 else 0 end), 0) = 1 as has_times
    from placed

),

history as (

    select max(tenure_days) as history_days
    from customers

),

counted as (

    select
        customer_id,
        {% for _ in weekdays -%}
        count(case when weekday_number = {{ loop.index }} then 1 end)
            as weekday_{{ loop.index }}_count,
        {% endfor -%}
        {% for _ in dayparts -%}
        count(case when daypart_number = {{ loop.index }} then 1 end)
            as daypart_{{ loop.index }}_count,
        {% endfor -%}
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

final as (

    select
        counted.customer_id,
        -- Among equals the earlier day of the week, and part of the day.
        case
            when counted.order_count < limits.min_repeat_orders then null
            {%- for weekday in weekdays %}
            when
                counted.weekday_{{ loop.index }}_count = greatest(
                    {%- for _ in weekdays %}
                    counted.weekday_{{ loop.index }}_count{% if not loop.last %},{% endif %}
                    {%- endfor %}
                )
                then '{{ weekday }}'
            {%- endfor %}
        end as usual_weekday,
        case
            when counted.order_count < limits.min_repeat_orders or not reach.has_times then null
            {%- for daypart in dayparts %}
            when
                counted.daypart_{{ loop.index }}_count = greatest(
                    {%- for _ in dayparts %}
                    counted.daypart_{{ loop.index }}_count{% if not loop.last %},{% endif %}
                    {%- endfor %}
                )
                then '{{ daypart }}'
            {%- endfor %}
        end as usual_daypart,
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
    cross join reach
    cross join history

)

select * from final
