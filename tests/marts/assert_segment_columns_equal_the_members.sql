-- Each column <segmentation>_segment of customer_segments holds the segments of that segmentation
{%- set mart = ref('customer_segments') %}
{%- set columns = adapter.get_columns_in_relation(mart) | map(attribute='name') | list %}

with members as (

    select * from {{ ref('segment_members') }}

),

compared as (

    {% for segmentation in var('segmentations') if segmentation ~ '_segment' in columns -%}
    select
        members.segment_key,
        members.segment,
        customers.{{ segmentation }}_segment as segment_in_column
    from members
    left join {{ ref('customer_segments') }} as customers
        on members.customer_id = customers.customer_id
    where members.segmentation = '{{ segmentation }}'
    union all
    {% endfor -%}
    select
        segment_key,
        segment,
        segment as segment_in_column
    from members
    where segment is null

)

select
    segment_key,
    segment,
    segment_in_column
from compared
where segment_in_column is distinct from segment
