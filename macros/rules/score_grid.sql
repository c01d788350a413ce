{#
    Every cell of the RFM grid, one row each: a SELECT of r_score, f_score, m_score, each from 1 to
    the var rfm_bins.
#}
{% macro score_grid() %}
    with scores as (

        {% for score in range(1, customer_segmentation.rfm_bins() + 1) -%}
        select {{ score }} as score
        {% if not loop.last %}union all{% endif %}
        {% endfor %}

    )

    select
        recency.score as r_score,
        frequency.score as f_score,
        monetary.score as m_score
    from scores as recency
    cross join scores as frequency
    cross join scores as monetary
{% endmacro %}

{#
    The segment of every cell, through the map in use: a SELECT of r_score, f_score, m_score and
    segment; null where no range holds the cell, several rows where several do.
#}
{% macro mapped_grid() %}
    with grid as (

        {{ customer_segmentation.score_grid() }}

    )

    select
        grid.r_score,
        grid.f_score,
        grid.m_score,
        segment_map.segment
    from grid
    left join {{ customer_segmentation.seed_relation('rfm_segment_map') }} as segment_map
        on
            grid.r_score between segment_map.r_min and segment_map.r_max
            and grid.f_score between segment_map.f_min and segment_map.f_max
            and grid.m_score between segment_map.m_min and segment_map.m_max
{% endmacro %}
