-- Champions score 4 or more in everything, and the lowest recency score is never New or Promising
with mapped_grid as (

    {{ customer_segmentation.mapped_grid() }}

)

select *
from mapped_grid
where
    (segment = 'Champions' and least(r_score, f_score, m_score) < {{ var('rfm_bins') }} - 1)
    or (segment in ('New', 'Promising') and r_score = 1)
