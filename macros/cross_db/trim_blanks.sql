{#
    Text without the blanks around it: spaces of any width, tabs and line ends, all of which
    spreadsheets leave in cells. SQL's plain trim takes spaces only.

    text: SQL text expression.
#}
{% macro trim_blanks(text) %}
    {{ return(adapter.dispatch('trim_blanks', 'customer_segmentation')(text)) }}
{% endmacro %}

{% macro default__trim_blanks(text) -%}
    {%- set blanks = customer_segmentation.text_literal(customer_segmentation.blanks()) -%}
    {#- Looking for blanks takes DuckDB a tenth of the time that trimming a set takes. -#}
    case
        when {{ customer_segmentation.regex_matches(text, '^[^!-~]|[^!-~]$') }}
            then trim({{ text }}, {{ blanks }})
        else {{ text }}
    end
{%- endmacro %}

{% macro spark__trim_blanks(text) -%}
    {%- set blanks = customer_segmentation.text_literal(customer_segmentation.blanks()) -%}
    trim(both {{ blanks }} from {{ text }})
{%- endmacro %}

{% macro blanks() %}
    {{ return(
        ' \t\r\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
        ~ '\u202f\u205f\u3000'
    ) }}
{% endmacro %}
