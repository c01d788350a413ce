-- One row per profiled buyer: what the value model expects of them, as far as it can be believed

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

rhythms as (

    select * from {{ ref('int_segmentation__rhythms_measured') }}
    where moment = 'now'

),

buyers as (

    select * from {{ ref('int_segmentation__buyers_typed') }}

),

predicted as (

    select * from {{ ref('int_segmentation__purchases_predicted') }}
    where repeat_days is not null

),

fits as (

    select * from {{ ref('int_segmentation__predictions_judged') }}

),

-- Customers with the same history share a row.
expected as (

    select
        customer_group,
        repeat_days,
        active_days,
        observed_days,
        max(case when measure = 'expected_orders' then value end) as expected_orders,
        max(case when measure = 'probability_active' then value end) as probability_active
    from predicted
    group by
        customer_group,
        repeat_days,
        active_days,
        observed_days

),

applied as (

    select
        rhythms.customer_id,
        fits.customer_group,
        fits.prediction_status,
        fits.has_dropout,
        fits.is_calibrated,
        fits.has_enough_history,
        customers.revenue_12_months,
        expected.expected_orders,
        expected.probability_active,
        -- Fader and Hardie (2013), equation 5: the customer's own mean leans on everybody's.
        {{ customer_segmentation.ratio(
            '(fits.p * (fits.v + rhythms.repeat_amount))',
            '(fits.p * rhythms.gap_count + fits.q - 1)',
        ) }} as expected_order_amount
    from rhythms
    inner join buyers on rhythms.customer_id = buyers.customer_id
    inner join customers on rhythms.customer_id = customers.customer_id
    inner join fits on buyers.customer_group = fits.customer_group
    left join expected
        on
            fits.customer_group = expected.customer_group
            and rhythms.gap_count = expected.repeat_days
            and rhythms.active_days = expected.active_days
            and rhythms.observed_days = expected.observed_days

),

ranked as (

    select
        *,
        expected_orders * expected_order_amount as expected_revenue,
        -- Where no model could be fitted, the best that is known of the next year is the last one.
        coalesce(
            expected_orders * expected_order_amount,
            cast(revenue_12_months as {{ customer_segmentation.type_double() }})
        ) as ranked_value
    from applied

),

final as (

    select
        customer_id,
        prediction_status,
        case when is_calibrated and has_enough_history then expected_orders end
            as predicted_orders_12_months,
        cast(
            case when is_calibrated and has_enough_history then expected_revenue end
            as decimal(18, 4)
        ) as predicted_revenue_12_months,
        case when is_calibrated and has_dropout then probability_active end as probability_active,
        {{ customer_segmentation.position_in_order('ranked_value', ['customer_group']) }}
            as predicted_value_position
    from ranked

)

select * from final
