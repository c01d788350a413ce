-- Within a group, equal values score alike and better ones never lower; one order is tile 1
{%- set measures = [
    ('r_score', 'recency_days', 'desc'),
    ('f_score', 'scored_frequency', 'asc'),
    ('m_score', 'scored_monetary', 'asc'),
] %}

{% for score, value, better in measures -%}
select
    '{{ score }}' as score_name,
    {{ value }} as score_value,
    min_score,
    max_score
from (
    select
        score_group,
        {{ value }},
        min({{ score }}) as min_score,
        max({{ score }}) as max_score,
        lag(max({{ score }})) over (partition by score_group order by {{ value }} {{ better }})
            as worse_score
    from {{ ref('customer_segments') }}
    where rfm_score is not null
    group by score_group, {{ value }}
) as scores
where
    min_score <> max_score
    or min_score < worse_score
    {%- if score == 'f_score' and var('rfm_scoring') == 'ntile' %}
    or (scored_frequency = 1) <> (max_score = 1)
    {%- endif %}
{% if not loop.last %}union all{% endif %}
{% endfor %}
