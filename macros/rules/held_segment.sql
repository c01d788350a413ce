{#
    The segment that campaigns go by: up at once, and down to the higher of two segments that
    follow each other. What stands outside the ranking is no height to fall from.

    segment and its rank: SQL expressions of now; earlier_segment and its rank: of before. Gives a
    CASE expression.

    {{ held_segment('segment', '5', 'earlier_segment', '11') }}   ->   earlier_segment
    {{ held_segment('segment', '0', 'earlier_segment', '11') }}   ->   segment
#}
{% macro held_segment(segment, segment_rank, earlier_segment, earlier_rank) -%}
    case
        when {{ earlier_rank }} > {{ segment_rank }} and {{ segment_rank }} > 0
            then {{ earlier_segment }}
        else {{ segment }}
    end
{%- endmacro %}
