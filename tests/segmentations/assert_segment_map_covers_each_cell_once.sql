-- Each cell of the RFM grid lies in the ranges of exactly one segment
with mapped_grid as (

    {{ customer_segmentation.mapped_grid() }}

)

select
    r_score,
    f_score,
    m_score,
    count(segment) as segment_count
from mapped_grid
group by
    r_score,
    f_score,
    m_score
having count(segment) <> 1
