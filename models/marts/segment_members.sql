-- One row per customer and segmentation

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

assigned as (

    {% for segmentation in customer_segmentation.active_segmentations() -%}
    select
        customer_id,
        '{{ segmentation }}' as segmentation,
        segment
    from {{ customer_segmentation.segmentation_rows(segmentation) }} as {{ segmentation }}_rows
    {% if not loop.last %}union all
    {% endif %}
    {%- else -%}
    select
        customer_id,
        '' as segmentation,
        '' as segment
    from customers
    where false
    {%- endfor %}

),

-- Who objects to profiling is counted and not segmented, whatever a segmentation says.
allowed as (

    select
        assigned.customer_id,
        assigned.segmentation,
        case
            when customers.is_profiled then assigned.segment
            else 'Not profiled'
        end as segment
    from assigned
    inner join customers on assigned.customer_id = customers.customer_id

),

final as (

    select
        customer_id,
        segmentation,
        segment,
        {{ customer_segmentation.segment_key('segmentation', 'segment') }} as segment_key
    from allowed

)

select * from final
