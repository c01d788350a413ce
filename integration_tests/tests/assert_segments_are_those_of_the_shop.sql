-- The shop's three tiers replace the package's eleven segments, and each of them is in use
with summary as (

    select
        segment,
        customers
    from {{ ref('customer_segmentation', 'segment_summary') }}
    where segmentation = 'rfm'

),

definitions as (

    select segment
    from {{ ref('tier_definitions') }}
    where segmentation = 'rfm'

)

select
    definitions.segment as defined_segment,
    summary.segment
from definitions
full outer join summary on definitions.segment = summary.segment
where
    definitions.segment is null
    or summary.segment is null
    or (summary.segment in ('Regulars', 'Visitors', 'Quiet') and summary.customers = 0)
