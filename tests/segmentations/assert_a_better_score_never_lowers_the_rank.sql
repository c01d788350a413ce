-- Raising one score by one never leads to a segment of lower rank
with mapped_grid as (

    {{ customer_segmentation.mapped_grid() }}

),

ranked_grid as (

    select
        mapped_grid.*,
        definitions.segment_rank
    from mapped_grid
    inner join {{ customer_segmentation.seed_relation('segment_definitions') }} as definitions
        on
            mapped_grid.segment = definitions.segment
            and definitions.segmentation = 'rfm'

)

select
    worse.*,
    better.segment as better_segment
from ranked_grid as worse
inner join ranked_grid as better
    on
        better.r_score - worse.r_score between 0 and 1
        and better.f_score - worse.f_score between 0 and 1
        and better.m_score - worse.m_score between 0 and 1
where better.segment_rank < worse.segment_rank
