{#
    RFM scores from 1 (worst) to n (best), for customers with at least one kept sale.

        customer_id | recency_days | frequency | monetary      {{ rfm_scores('buyers') }} adds
        a           |            1 |         1 |    10.00      r_score 5, f_score 1, m_score 1
        b           |            1 |         2 |    10.00      r_score 5, f_score 2, m_score 1
        c           |           90 |         5 |   900.00      r_score 3, f_score 3, m_score 3

    Plain NTILE puts customers with equal values into different tiles where a tile's edge falls
    among them, and which ones depends on the order of the rows. Here equal values get equal scores:
    every window runs ascending over the raw number, and a tie takes the tile of its first row.
    Recency is turned around (n + 1 - tile), so the newest day always scores n. Frequency is
    anchored: one order is 1, and customers with two or more are tiled into 2 … n; otherwise a
    second order would jump to 4 wherever most customers bought once.

    With rfm_scoring: thresholds, the cut points of the seed rfm_cut_points take the place of the
    tiles: a score is the highest whose cut point the value reaches.

    relation: a CTE or relation with customer_id, recency_days, frequency (at least 1), monetary.
    partition_by: further columns within which scores are given, such as a month's end.
    Gives a SELECT with every column of the relation, r_score, f_score, m_score (bigint), rfm_score
    (text, such as 545) and is_ntile_split: plain NTILE would have given this customer another score
    than the first customer with the same value, in at least one of the three; false by thresholds.
#}
{% macro rfm_scores(relation, partition_by=[]) %}
    {% if var('rfm_scoring') == 'thresholds' -%}
    {{ customer_segmentation.scored_by_thresholds(relation) }}
    {%- else -%}
    {{ customer_segmentation.scored_by_ntile(relation, partition_by) }}
    {%- endif %}

    select
        {%- for column in partition_by %}
        {{ column }},
        {%- endfor %}
        customer_id,
        recency_days,
        frequency,
        monetary,
        r_score,
        f_score,
        m_score,
        {{ dbt.concat([
            'cast(r_score as ' ~ dbt.type_string() ~ ')',
            'cast(f_score as ' ~ dbt.type_string() ~ ')',
            'cast(m_score as ' ~ dbt.type_string() ~ ')',
        ]) }} as rfm_score,
        is_ntile_split
    from scored
{% endmacro %}

{# The CTEs of rfm_scores, up to scored, where scores are tiles. #}
{% macro scored_by_ntile(relation, partition_by) %}
    {%- set bins = customer_segmentation.rfm_bins() -%}
    {%- set group = (partition_by | join(', ') ~ ', ') if partition_by else '' -%}
    {%- set whole = ('partition by ' ~ partition_by | join(', ') ~ ' ') if partition_by else '' -%}

    with tiled as (

        select
            {{ relation }}.*,
            {% for measure in ['recency_days', 'frequency', 'monetary'] -%}
            ntile({{ bins }}) over ({{ whole }}order by {{ measure }}, customer_id)
                as {{ measure }}_tile,
            {% endfor -%}
            ntile({{ bins - 1 }}) over (
                partition by {{ group }}case when frequency > 1 then 1 else 0 end
                order by frequency, customer_id
            ) as repeat_tile
        from {{ relation }}

    ),

    tied as (

        select
            tiled.*,
            {% for measure in ['recency_days', 'frequency', 'monetary'] -%}
            min({{ measure }}_tile) over (partition by {{ group }}{{ measure }})
                as {{ measure }}_first_tile,
            {% endfor -%}
            min(repeat_tile) over (partition by {{ group }}frequency) as repeat_first_tile
        from tiled

    ),

    scored as (

        select
            tied.*,
            cast({{ bins }} + 1 - recency_days_first_tile as {{ dbt.type_bigint() }}) as r_score,
            cast(
                case when frequency > 1 then 1 + repeat_first_tile else 1 end
                as {{ dbt.type_bigint() }}
            ) as f_score,
            cast(monetary_first_tile as {{ dbt.type_bigint() }}) as m_score,
            recency_days_tile <> recency_days_first_tile
            or frequency_tile <> frequency_first_tile
            or monetary_tile <> monetary_first_tile as is_ntile_split
        from tied

    )
{% endmacro %}

{# The CTEs of rfm_scores, up to scored, where scores come from cut points. #}
{% macro scored_by_thresholds(relation) %}
    {%- set bins = customer_segmentation.rfm_bins() -%}
    {%- set measures = [
        ('r_score', 'recency_days', '<='),
        ('f_score', 'frequency', '>='),
        ('m_score', 'monetary', '>='),
    ] -%}

    with cut_points as (

        select
            {%- for _, measure, _ in measures %}
            {%- set last_measure = loop.last %}
            {%- for score in range(2, bins + 1) %}
            max(case when measure = '{{ measure }}' and score = {{ score }} then cut_point end)
                as {{ measure }}_{{ score }}
            {%- if not (last_measure and loop.last) %},{% endif %}
            {%- endfor %}
            {%- endfor %}
        from {{ customer_segmentation.seed_relation('rfm_cut_points') }}

    ),

    scored as (

        select
            {{ relation }}.*,
            {% for name, measure, reaches in measures -%}
            cast(
                case
                    {%- for score in range(bins, 1, -1) %}
                    when {{ measure }} {{ reaches }} {{ measure }}_{{ score }} then {{ score }}
                    {%- endfor %}
                    else 1
                end as {{ dbt.type_bigint() }}
            ) as {{ name }},
            {% endfor -%}
            false as is_ntile_split
        from {{ relation }}
        cross join cut_points

    )
{% endmacro %}
