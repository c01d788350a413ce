-- One row per kind of cohort, cohort and month since its first: who still orders, and for how much

with customers as (

    select
        customer_id,
        first_ordered_on
    from {{ ref('int_segmentation__customers_featured') }}
    where customer_status = 'buyer'

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}

),

days as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

customer_months as (

    select * from {{ ref('customer_months') }}

),

orders as (

    select * from {{ ref('int_segmentation__orders_typed') }}
    where order_type = 'sale'

),

money as (

    select * from {{ ref('int_segmentation__money_by_month') }}

),

-- The month of the first order is month 0, and the segment of month 3 the first to tell regulars
-- from one-time buyers.
cohorts as (

    select
        first_months.month_end as cohort_month,
        first_months.month_number as cohort_number,
        third_months.month_end as third_month_end,
        coalesce(third_months.is_complete, false) as is_old_enough
    from months as first_months
    left join months as third_months
        on first_months.month_number + 3 = third_months.month_number

),

members as (

    select
        customers.customer_id,
        cohorts.cohort_month,
        cohorts.cohort_number,
        case
            when not cohorts.is_old_enough then 'Too young'
            else coalesce(customer_months.rfm_segment, 'Before the history')
        end as segment
    from customers
    inner join days on customers.first_ordered_on = days.ordered_on
    inner join cohorts on days.month_end = cohorts.cohort_month
    left join customer_months
        on
            customers.customer_id = customer_months.customer_id
            and cohorts.third_month_end = customer_months.month_end

),

facts as (

    select
        orders.customer_id,
        days.month_end,
        count(*) as order_count,
        0 as revenue
    from orders
    inner join days on cast(orders.ordered_at as date) = days.ordered_on
    group by
        orders.customer_id,
        days.month_end
    union all
    select
        customer_id,
        month_end,
        0 as order_count,
        revenue
    from money

),

-- What came back before the first kept order belongs to month 0.
member_months as (

    select
        members.customer_id,
        members.cohort_month,
        members.segment,
        greatest(months.month_number - members.cohort_number, 0) as months_since,
        sum(facts.order_count) as order_count,
        sum(facts.revenue) as revenue
    from facts
    inner join members on facts.customer_id = members.customer_id
    inner join months on facts.month_end = months.month_end
    group by
        members.customer_id,
        members.cohort_month,
        members.segment,
        greatest(months.month_number - members.cohort_number, 0)

),

segment_totals as (

    select
        cohort_month,
        segment,
        months_since,
        count(case when order_count > 0 then 1 end) as active_customers,
        sum(order_count) as order_count,
        sum(revenue) as revenue
    from member_months
    group by
        cohort_month,
        segment,
        months_since

),

totals as (

    select
        'segment at month 3' as cohort_by,
        cohort_month,
        segment,
        months_since,
        active_customers,
        order_count,
        revenue
    from segment_totals
    union all
    select
        'first month' as cohort_by,
        cohort_month,
        'All customers' as segment,
        months_since,
        sum(active_customers) as active_customers,
        sum(order_count) as order_count,
        sum(revenue) as revenue
    from segment_totals
    group by
        cohort_month,
        months_since

),

sizes as (

    select
        'segment at month 3' as cohort_by,
        cohort_month,
        cohort_number,
        segment,
        count(*) as customers
    from members
    group by
        cohort_month,
        cohort_number,
        segment
    union all
    select
        'first month' as cohort_by,
        cohort_month,
        cohort_number,
        'All customers' as segment,
        count(*) as customers
    from members
    group by
        cohort_month,
        cohort_number

),

-- Months without an order are rows, too.
filled as (

    select
        sizes.cohort_by,
        sizes.cohort_month,
        sizes.segment,
        months.month_number - sizes.cohort_number as months_since,
        months.month_end,
        months.is_complete,
        sizes.customers,
        coalesce(totals.active_customers, 0) as active_customers,
        coalesce(totals.order_count, 0) as order_count,
        coalesce(totals.revenue, 0) as revenue
    from sizes
    inner join months on sizes.cohort_number <= months.month_number
    left join totals
        on
            sizes.cohort_by = totals.cohort_by
            and sizes.cohort_month = totals.cohort_month
            and sizes.segment = totals.segment
            and months.month_number - sizes.cohort_number = totals.months_since

),

compared as (

    select
        *,
        first_value(revenue) over (
            partition by cohort_by, cohort_month, segment order by months_since
        ) as first_revenue
    from filled

),

final as (

    select
        cohort_by,
        cohort_month,
        segment,
        months_since,
        month_end,
        is_complete,
        customers,
        cast(active_customers as {{ dbt.type_bigint() }}) as active_customers,
        cast(order_count as {{ dbt.type_bigint() }}) as order_count,
        cast(revenue as decimal(18, 4)) as revenue,
        {{ customer_segmentation.ratio('active_customers', 'customers') }} as active_share,
        case
            when first_revenue > 0
                then {{ customer_segmentation.ratio('revenue', 'first_revenue') }}
        end as revenue_retention
    from compared

)

select * from final
