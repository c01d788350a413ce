-- One row per customer and segmentation

{% for segmentation in var('segmentations') -%}
select
    customer_id,
    '{{ segmentation }}' as segmentation,
    segment,
    {{ customer_segmentation.segment_key("'" ~ segmentation ~ "'", 'segment') }} as segment_key
from {{ ref('seg_' ~ segmentation) }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
