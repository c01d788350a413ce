-- One row per complete month and measure of the month's orders, customers, lines and days
{%- set flows = [
    ('median_order_value', 'flow', 'ratio', 'orders.median_order_value', 'orders.order_count'),
    ('mean_order_value', 'flow', none, 'orders.mean_order_value', 'orders.order_count'),
    ('median_revenue_per_customer', 'flow', 'ratio', 'customers.median_revenue',
        'customers.active_customers'),
    ('mean_revenue_per_customer', 'flow', none, 'customers.mean_revenue',
        'customers.active_customers'),
    ('active_customers', 'flow', 'ratio', 'coalesce(customers.active_customers, 0)',
        'customers.active_customers'),
    ('new_customers', 'flow', 'ratio', 'coalesce(customers.new_customers, 0)',
        'customers.new_customers'),
    ('orders_per_customer', 'flow', 'ratio', 'customers.orders_per_customer',
        'customers.active_customers'),
    ('return_share', 'flow', 'share', 'customers.return_share', 'customers.order_count'),
    ('guest_share', 'flow', 'share', 'days.guest_share', 'days.order_line_count'),
    ('line_count', 'lines', 'ratio', 'coalesce(days.line_count, 0)', 'days.line_count'),
    ('missing_days', 'lines', 'days', 'days_judged.missing_days', 'days_judged.judged_days'),
    ('unusual_days', 'lines', 'days', 'days_judged.unusual_days', 'days_judged.judged_days'),
] %}

with months as (

    select * from {{ ref('int_segmentation__months_listed') }}
    where is_complete

),

counted as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

orders as (

    select
        counted.month_end,
        count(*) as order_count,
        {{ customer_segmentation.median('orders.gross_amount') }} as median_order_value,
        {{ customer_segmentation.ratio('sum(orders.gross_amount)', 'count(*)') }}
            as mean_order_value
    from {{ ref('int_segmentation__orders_typed') }} as orders
    inner join counted on cast(orders.ordered_at as date) = counted.ordered_on
    where orders.order_type <> 'return'
    group by counted.month_end

),

customers as (

    select
        month_end,
        count(case when is_active then 1 end) as active_customers,
        count(case when is_new then 1 end) as new_customers,
        {{ customer_segmentation.median('case when is_active then revenue end') }}
            as median_revenue,
        {{ customer_segmentation.ratio(
            'sum(case when is_active then revenue end)', 'count(case when is_active then 1 end)'
        ) }} as mean_revenue,
        {{ customer_segmentation.ratio('sum(order_count)', 'count(case when is_active then 1 end)') }}
            as orders_per_customer,
        sum(order_count + return_count) as order_count,
        {{ customer_segmentation.ratio('sum(return_count)', 'sum(order_count + return_count)') }}
            as return_share
    from {{ ref('int_segmentation__orders_by_month') }}
    group by month_end

),

days as (

    select
        month_end,
        sum(line_count) as line_count,
        sum(guest_line_count + customer_line_count) as order_line_count,
        {{ customer_segmentation.ratio(
            'sum(guest_line_count)', 'sum(guest_line_count + customer_line_count)'
        ) }} as guest_share
    from counted
    group by month_end

),

days_judged as (

    select
        month_end,
        count(case when verdict = 'missing' then 1 end) as missing_days,
        count(case when verdict = 'unusual' then 1 end) as unusual_days,
        count(*) as judged_days
    from {{ ref('int_segmentation__days_judged') }}
    where verdict <> 'too little history'
    group by month_end

),

indexes as (

    select * from {{ ref('int_segmentation__values_compared') }}

),

final as (

    {% for measure, measure_type, scale, expression, sample in flows -%}
    select
        months.month_number,
        months.month_end,
        '{{ measure }}' as measure,
        '{{ measure_type }}' as measure_type,
        {{ "'" ~ scale ~ "'" if scale else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as scale,
        cast({{ expression }} as {{ customer_segmentation.type_double() }}) as measured,
        cast({{ sample }} as {{ dbt.type_bigint() }}) as sample_size,
        cast(null as {{ customer_segmentation.type_double() }}) as noise_floor
    from months
    left join {{ expression.split('.')[0].split('(')[-1] }}
        on months.month_end = {{ expression.split('.')[0].split('(')[-1] }}.month_end
    union all
    {% endfor -%}
    {% for measure in ['order_value_index', 'revenue_per_customer_index'] -%}
    select
        months.month_number,
        months.month_end,
        '{{ measure }}' as measure,
        'index' as measure_type,
        'index' as scale,
        indexes.stability_index as measured,
        cast(indexes.sample_size as {{ dbt.type_bigint() }}) as sample_size,
        indexes.noise_floor
    from months
    left join indexes
        on
            months.month_end = indexes.month_end
            and indexes.measure = '{{ measure }}'
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select * from final
