{#
    A SQL text literal of any text: whatever would end it is escaped, so nothing breaks out of it.

    {{ text_literal("Can't Lose Them") }}   ->   'Can''t Lose Them'
#}
{% macro text_literal(text) %}
    {{ return(adapter.dispatch('text_literal', 'customer_segmentation')(text)) }}
{% endmacro %}

{% macro default__text_literal(text) -%}
    '{{ text | string | replace("'", "''") }}'
{%- endmacro %}

{# Spark reads escapes in a literal, and replaces ${name} by the setting of that name. #}
{% macro spark__text_literal(text) -%}
    '{{ text | string | replace('\\', '\\\\') | replace("'", "\\'") | replace('${', '$\\{') }}'
{%- endmacro %}

{# Several of them, between commas: 'a', 'b' #}
{% macro text_literals(texts) -%}
    {%- for text in texts -%}
    {{ customer_segmentation.text_literal(text) }}{% if not loop.last %}, {% endif %}
    {%- endfor -%}
{%- endmacro %}
