{#
    Text without the spaces around it, of any width; see trim_blanks for tabs and line ends. SQL's
    plain trim knows them all on DuckDB, and only the common one on Spark.

    text: SQL text expression.
#}
{% macro trim_spaces(text) %}
    {{ return(adapter.dispatch('trim_spaces', 'customer_segmentation')(text)) }}
{% endmacro %}

{% macro default__trim_spaces(text) -%}
    trim({{ text }})
{%- endmacro %}

{% macro spark__trim_spaces(text) -%}
    {%- set spaces = customer_segmentation.blanks() | reject('in', '\t\r\n') | join -%}
    trim(both {{ customer_segmentation.text_literal(spaces) }} from {{ text }})
{%- endmacro %}

{# True where a text is null, empty or nothing but spaces. #}
{% macro is_blank(text) -%}
    coalesce({{ customer_segmentation.trim_spaces(text) }}, '') = ''
{%- endmacro %}
