-- One row per segmentation and segment of the directory, also where it has no customer
{#- Without transactions, nothing is known of revenue, not even that there was none. #}
{%- set has_orders = customer_segmentation.has_input('transactions') %}
{%- set nothing = '0' if has_orders else 'null' %}

with directory as (

    select * from {{ ref('segment_directory') }}

),

members as (

    select * from {{ ref('segment_members') }}

),

customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

totals as (

    select
        count(*) as customers,
        sum(monetary) as revenue
    from customers

),

segment_totals as (

    select
        members.segment_key,
        count(*) as customers,
        sum(customers.monetary) as revenue,
        sum(customers.revenue_12_months) as revenue_12_months,
        sum(customers.frequency) as orders,
        {{ 'count(customers.recency_days)' if has_orders else 'null' }} as buyers,
        {{ 'count(case when customers.frequency > 1 then 1 end)' if has_orders else 'null' }}
            as repeat_buyers,
        sum(customers.tenure_days - customers.recency_days) as gap_days,
        sum(greatest(customers.order_day_count - 1, 0)) as gaps,
        sum(customers.recency_days) as recency_days,
        sum(customers.gross_amount) as gross_amount,
        sum(customers.return_amount) as return_amount
    from members
    inner join customers on members.customer_id = customers.customer_id
    group by members.segment_key

),

filled as (

    select
        directory.segment_key,
        directory.segmentation,
        directory.segment,
        segment_totals.gap_days,
        segment_totals.gaps,
        segment_totals.recency_days,
        segment_totals.orders,
        segment_totals.gross_amount,
        segment_totals.return_amount,
        totals.customers as all_customers,
        totals.revenue as all_revenue,
        coalesce(segment_totals.customers, 0) as customers,
        cast(
            coalesce(segment_totals.buyers, {{ nothing }}) as {{ dbt.type_bigint() }}
        ) as buyers,
        cast(
            coalesce(segment_totals.repeat_buyers, {{ nothing }}) as {{ dbt.type_bigint() }}
        ) as repeat_buyers,
        cast(
            coalesce(segment_totals.revenue, {{ nothing }}) as decimal(18, 4)
        ) as revenue,
        cast(
            coalesce(segment_totals.revenue_12_months, {{ nothing }}) as decimal(18, 4)
        ) as revenue_12_months
    from directory
    cross join totals
    left join segment_totals on directory.segment_key = segment_totals.segment_key

),

final as (

    select
        segment_key,
        segmentation,
        segment,
        customers,
        {{ customer_segmentation.ratio('customers', 'all_customers') }} as customer_share,
        buyers,
        repeat_buyers,
        revenue,
        {{ customer_segmentation.ratio('revenue', 'all_revenue') }} as revenue_share,
        revenue_12_months,
        {{ customer_segmentation.ratio('recency_days', 'buyers') }} as average_recency_days,
        {{ customer_segmentation.ratio('orders', 'buyers') }} as average_frequency,
        {{ customer_segmentation.ratio('revenue', 'customers') }} as average_monetary,
        {{ customer_segmentation.ratio('repeat_buyers', 'buyers') }} as repeat_rate,
        {{ customer_segmentation.ratio('gap_days', 'gaps') }} as average_days_between_orders,
        {{ customer_segmentation.ratio('return_amount', 'gross_amount') }} as return_rate
    from filled

)

select * from final
