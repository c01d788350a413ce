{#
    The text with the first match of a regular expression replaced; unchanged where nothing matches.
    Write classes as [0-9], and groups in the replacement as \1, which each engine gets in its own
    way.

    {{ regex_replace('text', '^([0-9]+)/([0-9]+)', '\\2-\\1') }}     12/1/2010   ->   1-12/2010

    expression: SQL text expression. pattern, replacement: plain text; quotes are doubled here.
#}
{% macro regex_replace(expression, pattern, replacement) %}
    {{ return(adapter.dispatch('regex_replace', 'customer_segmentation')(
        expression, pattern, replacement
    )) }}
{% endmacro %}

{% macro default__regex_replace(expression, pattern, replacement) -%}
    regexp_replace(
        {{ expression }},
        {{ customer_segmentation.text_literal(pattern) }},
        {{ customer_segmentation.text_literal(replacement) }}
    )
{%- endmacro %}

{% macro spark__regex_replace(expression, pattern, replacement) -%}
    regexp_replace(
        {{ expression }},
        {{ customer_segmentation.text_literal(pattern) }},
        {{ customer_segmentation.text_literal(replacement | replace('\\', '$')) }}
    )
{%- endmacro %}
