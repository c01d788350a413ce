{#
    A SQL text literal of any text: quotes inside are doubled, so nothing breaks out of it.

    {{ text_literal("Can't Lose Them") }}   ->   'Can''t Lose Them'
#}
{% macro text_literal(text) -%}
    '{{ text | string | replace("'", "''") }}'
{%- endmacro %}

{# Several of them, between commas: 'a', 'b' #}
{% macro text_literals(texts) -%}
    {%- for text in texts -%}
    {{ customer_segmentation.text_literal(text) }}{% if not loop.last %}, {% endif %}
    {%- endfor -%}
{%- endmacro %}
