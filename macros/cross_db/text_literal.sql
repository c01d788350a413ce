{#
    A SQL text literal of any text: quotes inside are doubled, so nothing breaks out of it.

    {{ text_literal("Can't Lose Them") }}   ->   'Can''t Lose Them'
#}
{% macro text_literal(text) -%}
    '{{ text | string | replace("'", "''") }}'
{%- endmacro %}
