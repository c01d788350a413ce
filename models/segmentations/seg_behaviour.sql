-- One row per customer: the behaviour that marks them most, and the measures that tell it

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

purchases as (

    select * from {{ ref('int_segmentation__purchases_measured') }}

),

rhythms as (

    select * from {{ ref('int_segmentation__rhythms_measured') }}
    where moment = 'now'

),

habits as (

    select * from {{ ref('int_segmentation__habits_measured') }}

),

buyers as (

    select * from {{ ref('int_segmentation__buyers_typed') }}

),

behaviours as (

    select * from {{ customer_segmentation.seed_relation('behaviours') }}

),

limits as (

    {{ customer_segmentation.thresholds([
        'min_repeat_orders', 'return_prone_orders', 'return_prone_returns', 'return_prone_share',
        'regular_gaps', 'regular_gap_variation', 'favourites_variety_share', 'big_basket_ratio',
        'explorer_variety_share', 'bargain_share', 'bargain_discount_share',
    ]) }}

),

measured as (

    select
        buyers.customer_id,
        buyers.buyer_type,
        buyers.usual_order_amount,
        customers.frequency,
        customers.return_order_count,
        customers.gross_amount,
        customers.return_amount,
        purchases.median_order_amount,
        purchases.median_line_units,
        purchases.average_unit_price,
        purchases.variety_share,
        purchases.price_break_share,
        purchases.discount_share,
        rhythms.gap_count,
        rhythms.gap_variation,
        habits.usual_weekday,
        habits.usual_daypart,
        habits.weekend_share,
        habits.season
    from buyers
    inner join customers on buyers.customer_id = customers.customer_id
    inner join purchases on buyers.customer_id = purchases.customer_id
    inner join rhythms on buyers.customer_id = rhythms.customer_id
    inner join habits on buyers.customer_id = habits.customer_id

),

fitting as (

    select
        measured.customer_id,
        min(behaviours.priority) as priority
    from measured
    cross join limits
    inner join behaviours
        on
            case behaviours.behaviour
                when 'Wholesale' then measured.buyer_type = 'wholesale'
                when 'Likely wholesale' then measured.buyer_type = 'likely wholesale'
                when 'Return-prone'
                    then
                        measured.frequency >= limits.return_prone_orders
                        and measured.return_order_count >= limits.return_prone_returns
                        and measured.return_amount
                        >= limits.return_prone_share * measured.gross_amount
                when 'Too few orders' then measured.frequency < limits.min_repeat_orders
                when 'Seasonal' then left(measured.season, 7) = 'Quarter'
                when 'Regular rhythm'
                    then
                        measured.gap_count >= limits.regular_gaps
                        and measured.gap_variation <= limits.regular_gap_variation
                when 'Repeat favourites'
                    then measured.variety_share <= limits.favourites_variety_share
                when 'Big basket'
                    then
                        measured.median_order_amount
                        >= limits.big_basket_ratio * measured.usual_order_amount
                when 'Explorer' then measured.variety_share >= limits.explorer_variety_share
                when 'Bargain hunter'
                    then
                        measured.discount_share >= limits.bargain_discount_share
                        or measured.price_break_share >= limits.bargain_share
            end
    group by measured.customer_id

),

final as (

    select
        customers.customer_id,
        {{ customer_segmentation.segment_or_status(
            'customers', "coalesce(behaviours.behaviour, 'Mixed')"
        ) }} as segment,
        measured.buyer_type,
        measured.median_order_amount,
        measured.median_line_units,
        measured.average_unit_price,
        measured.variety_share,
        measured.price_break_share,
        measured.discount_share,
        measured.gap_variation,
        measured.usual_weekday,
        measured.usual_daypart,
        measured.weekend_share,
        measured.season
    from customers
    left join measured on customers.customer_id = measured.customer_id
    left join fitting on customers.customer_id = fitting.customer_id
    left join behaviours on fitting.priority = behaviours.priority

)

select * from final
