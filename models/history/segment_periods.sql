-- One row per customer, segmentation and period in which they held one segment without a break

with months as (

    {{ customer_segmentation.months_unpivoted() }}

),

compared as (

    select
        customer_id,
        segmentation,
        segment,
        month_end,
        lag(segment) over (partition by segmentation, customer_id order by month_end)
            as segment_before
    from months

),

started as (

    select
        customer_id,
        segmentation,
        segment,
        month_end as valid_from
    from compared
    where
        segment_before is null
        or segment_before <> segment

),

final as (

    select
        customer_id,
        segmentation,
        segment,
        {{ customer_segmentation.segment_key('segmentation', 'segment') }} as segment_key,
        valid_from,
        lead(valid_from) over (partition by segmentation, customer_id order by valid_from)
            as valid_to
    from started

)

select
    customer_id,
    segmentation,
    segment,
    segment_key,
    valid_from,
    valid_to,
    valid_to is null as is_current
from final
