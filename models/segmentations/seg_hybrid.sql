-- One row per customer: the segments of several segmentations together, rare combinations as Other
{%- set parts = customer_segmentation.hybrid_parts() %}
{%- set segments = parts | join('_rows.segment, ') ~ '_rows.segment' %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

{% for part in parts -%}
{{ part }}_rows as (

    select * from {{ customer_segmentation.segmentation_rows(part) }}

),

{% endfor -%}
limits as (

    {{ customer_segmentation.thresholds(['min_segment_share']) }}

),

-- Who never kept an order is outside of most segmentations, and is so once.
combined as (

    select
        customers.customer_id,
        customers.is_profiled,
        {% for part in parts -%}
        {{ part }}_rows.segment as part_{{ loop.index }},
        {% endfor -%}
        case
            when
                least({{ segments }}) = greatest({{ segments }})
                and {{ parts[0] }}_rows.segment in ('Prospect', 'Returns only')
                then {{ parts[0] }}_rows.segment
            else {{ segments | replace(',', " || ' · ' ||") }}
        end as combination
    from customers
    {% for part in parts -%}
    inner join {{ part }}_rows on customers.customer_id = {{ part }}_rows.customer_id
    {% endfor %}
),

counted as (

    select
        *,
        count(*) over (partition by combination, is_profiled) as combination_count,
        count(*) over (partition by is_profiled) as customer_count
    from combined

),

final as (

    select
        counted.customer_id,
        case
            when not counted.is_profiled then 'Not profiled'
            when
                counted.combination_count < limits.min_segment_share * counted.customer_count
                and counted.combination not in ('Prospect', 'Returns only')
                then 'Other'
            else counted.combination
        end as segment,
        {% for part in parts -%}
        counted.part_{{ loop.index }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from counted
    cross join limits

)

select * from final
