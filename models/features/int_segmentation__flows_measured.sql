-- One row per complete month and measure of the month's orders, customers, lines and days
{#- Name, type and scale of each measure; where it comes from; what it is; of how many it is told,
    and how far one of these strays on the scale by chance. #}
{%- set flows = [
    ('median_order_value', 'flow', 'amount', 'orders', 'median_order_value', 'order_count',
        'order_deviation'),
    ('mean_order_value', 'flow', none, 'orders', 'mean_order_value', 'order_count', '0'),
    ('median_revenue_per_customer', 'flow', 'amount', 'customers', 'median_revenue',
        'active_customers', 'revenue_deviation'),
    ('mean_revenue_per_customer', 'flow', none, 'customers', 'mean_revenue', 'active_customers',
        '0'),
    ('active_customers', 'flow', 'count', 'customers', 'coalesce(active_customers, 0)',
        'active_customers', '1'),
    ('new_customers', 'flow', 'count', 'customers', 'coalesce(new_customers, 0)',
        'new_customers', '1'),
    ('orders_per_customer', 'flow', 'amount', 'customers', 'orders_per_customer',
        'active_customers', '1'),
    ('return_share', 'flow', 'share', 'customers', 'return_share', 'order_count', '0.5'),
    ('guest_share', 'flow', 'share', 'days', 'guest_share', 'order_count', '0.5'),
    ('line_count', 'lines', 'count', 'days', 'coalesce(line_count, 0)', 'order_count', '1'),
    ('missing_days', 'lines', 'days', 'days_judged', 'missing_days', 'judged_days', '0'),
    ('unusual_days', 'lines', 'days', 'days_judged', 'unusual_days', 'judged_days', '0'),
    ('order_value_index', 'index', 'index', 'order_indexes', 'stability_index', 'sample_size',
        'sqrt(0.5)'),
    ('revenue_per_customer_index', 'index', 'index', 'revenue_indexes', 'stability_index',
        'sample_size', 'sqrt(0.5)'),
] %}

with months as (

    select * from {{ ref('int_segmentation__months_listed') }}
    where is_complete

),

counted as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

stepped as (

    select * from {{ ref('int_segmentation__values_counted') }}
    where value_step is not null

),

limits as (

    {{ customer_segmentation.thresholds(['drift_value_step']) }}

),

-- The standard deviation of the logarithms, from their steps; that of a median is larger by the
-- root of half of pi.
deviations as (

    select
        stepped.month_end,
        stepped.measure,
        1.2533 * limits.drift_value_step * sqrt(
            greatest(
                {{ customer_segmentation.ratio(
                    'sum(value_count * value_step * value_step)', 'sum(value_count)'
                ) }}
                - power({{ customer_segmentation.ratio(
                    'sum(value_count * value_step)', 'sum(value_count)'
                ) }}, 2),
                0
            )
        ) as deviation
    from stepped
    cross join limits
    group by
        stepped.month_end,
        stepped.measure,
        limits.drift_value_step

),

orders_measured as (

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

orders as (

    select
        orders_measured.*,
        deviations.deviation as order_deviation
    from orders_measured
    left join deviations
        on
            orders_measured.month_end = deviations.month_end
            and deviations.measure = 'order_value_index'

),

customers_measured as (

    select
        month_end,
        count(case when is_active then 1 end) as active_customers,
        count(case when is_new then 1 end) as new_customers,
        {{ customer_segmentation.median('case when is_active then revenue end') }}
            as median_revenue,
        {{ customer_segmentation.ratio(
            'sum(case when is_active then revenue end)', 'count(case when is_active then 1 end)'
        ) }} as mean_revenue,
        {{ customer_segmentation.ratio(
            'sum(order_count)', 'count(case when is_active then 1 end)'
        ) }} as orders_per_customer,
        sum(order_count + return_count) as order_count,
        {{ customer_segmentation.ratio('sum(return_count)', 'sum(order_count + return_count)') }}
            as return_share
    from {{ ref('int_segmentation__orders_by_month') }}
    group by month_end

),

customers as (

    select
        customers_measured.*,
        deviations.deviation as revenue_deviation
    from customers_measured
    left join deviations
        on
            customers_measured.month_end = deviations.month_end
            and deviations.measure = 'revenue_per_customer_index'

),

-- Lines come by the order, so that chance moves them as it moves orders.
days as (

    select
        counted.month_end,
        orders_measured.order_count,
        sum(counted.line_count) as line_count,
        {{ customer_segmentation.ratio(
            'sum(counted.guest_line_count)',
            'sum(counted.guest_line_count + counted.customer_line_count)',
        ) }} as guest_share
    from counted
    left join orders_measured on counted.month_end = orders_measured.month_end
    group by
        counted.month_end,
        orders_measured.order_count

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

order_indexes as (

    select * from {{ ref('int_segmentation__values_compared') }}
    where measure = 'order_value_index'

),

revenue_indexes as (

    select * from {{ ref('int_segmentation__values_compared') }}
    where measure = 'revenue_per_customer_index'

),

final as (

    {% for measure, measure_type, scale, source, measured, sample_size, deviation in flows -%}
    select
        months.month_number,
        months.month_end,
        '{{ measure }}' as measure,
        '{{ measure_type }}' as measure_type,
        {{ "'" ~ scale ~ "'" if scale else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as scale,
        cast({{ measured }} as {{ customer_segmentation.type_double() }}) as measured,
        cast({{ sample_size }} as {{ dbt.type_bigint() }}) as sample_size,
        cast({{ deviation }} as {{ customer_segmentation.type_double() }}) as deviation,
        {{ 'noise_floor' if scale == 'index' else
            'cast(null as ' ~ customer_segmentation.type_double() ~ ') as noise_floor' }}
    from months
    left join {{ source }} on months.month_end = {{ source }}.month_end
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select * from final
