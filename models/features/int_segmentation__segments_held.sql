-- One row per customer: the RFM segment that campaigns go by, up at once and down after two months

with customers as (

    select
        customer_id,
        segment
    from {{ ref('seg_rfm') }}

),

months as (

    select * from {{ ref('customer_months') }}

),

ends as (

    select max(month_end) as last_month_end
    from months

),

last_months as (

    select
        months.customer_id,
        months.rfm_segment_held
    from months
    inner join ends on months.month_end = ends.last_month_end

),

ranks as (

    select
        segment,
        segment_rank
    from {{ ref('segment_directory') }}
    where segmentation = 'rfm'

),

final as (

    select
        customers.customer_id,
        {{ customer_segmentation.held_segment(
            'customers.segment', 'ranks.segment_rank',
            'last_months.rfm_segment_held', 'held_ranks.segment_rank'
        ) }} as rfm_segment_held
    from customers
    left join last_months on customers.customer_id = last_months.customer_id
    left join ranks on customers.segment = ranks.segment
    left join ranks as held_ranks on last_months.rfm_segment_held = held_ranks.segment

)

select * from final
