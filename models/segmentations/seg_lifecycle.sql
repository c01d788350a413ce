-- One row per customer: where they stand in the customer journey, by the rhythm of their own orders

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

rhythms as (

    select * from {{ ref('int_segmentation__rhythms_measured') }}
    where moment = 'now'

),

limits as (

    {{ customer_segmentation.thresholds([
        'new_customer_days', 'lapsed_gaps', 'at_risk_gaps', 'reactivation_gaps',
        'reactivation_min_gap_days', 'reactivation_days', 'developing_max_order_days',
    ]) }}

),

staged as (

    select
        rhythms.customer_id,
        rhythms.expected_gap_days,
        {{ customer_segmentation.lifecycle_stage('rhythms', 'limits') }} as lifecycle_stage
    from rhythms
    cross join limits

),

final as (

    select
        customers.customer_id,
        {{ customer_segmentation.segment_or_status('customers', 'staged.lifecycle_stage') }}
            as segment,
        staged.expected_gap_days
    from customers
    left join staged on customers.customer_id = staged.customer_id

)

select * from final
