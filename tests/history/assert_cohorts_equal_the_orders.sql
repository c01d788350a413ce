-- Each kind of cohort holds every kept order, and all money of those who placed one
{{ config(enabled=var('history_months') | int > 0) }}

with cohorts as (

    select
        cohort_by,
        sum(order_count) as order_count,
        sum(revenue) as revenue,
        sum(case when months_since = 0 then customers else 0 end) as customers
    from {{ ref('cohort_retention') }}
    group by cohort_by

),

buyers as (

    select
        sum(frequency) as order_count,
        sum(monetary) as revenue,
        count(*) as customers
    from {{ ref('customer_segments') }}
    where frequency > 0

)

select cohorts.*
from cohorts
cross join buyers
where
    cohorts.order_count <> buyers.order_count
    or cohorts.revenue <> buyers.revenue
    or cohorts.customers <> buyers.customers
