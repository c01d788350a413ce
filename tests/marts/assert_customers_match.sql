-- Too few buyers among the customer records: the ids of the two inputs are probably not the same
{{ config(severity='warn') }}

with totals as (

    select
        count(*) as buyer_count,
        count(case when has_record then 1 end) as matched_count
    from {{ ref('customer_segments') }}
    where customer_status = 'buyer'

)

select
    buyer_count,
    matched_count
from totals
where
    {{ 'true' if customer_segmentation.has_input('customers') else 'false' }}
    and matched_count
    < {{ customer_segmentation.threshold('min_matched_share') }} * buyer_count
