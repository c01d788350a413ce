-- Every range of the map holds at least one cell of the grid, and is described in the directory
with segment_map as (

    select * from {{ customer_segmentation.seed_relation('rfm_segment_map') }}

),

mapped_grid as (

    {{ customer_segmentation.mapped_grid() }}

),

definitions as (

    select * from {{ customer_segmentation.seed_relation('segment_definitions') }}
    where segmentation = 'rfm'

)

select
    segment_map.segment,
    segment_map.r_min,
    segment_map.f_min,
    segment_map.m_min
from segment_map
left join mapped_grid
    on
        segment_map.segment = mapped_grid.segment
        and mapped_grid.r_score between segment_map.r_min and segment_map.r_max
        and mapped_grid.f_score between segment_map.f_min and segment_map.f_max
        and mapped_grid.m_score between segment_map.m_min and segment_map.m_max
left join definitions on segment_map.segment = definitions.segment
where
    mapped_grid.segment is null
    or definitions.segment is null
