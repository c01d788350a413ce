{#
    True where the text matches the regular expression anywhere; null where the text is null.
    Write classes as [0-9], never with a backslash: engines read backslashes differently.

    {{ regex_matches('order_id', "^C") }}   ->   regexp_matches(order_id, '^C')

    expression: SQL text expression. pattern: the expression as plain text; it is escaped here.
#}
{% macro regex_matches(expression, pattern) %}
    {{ return(adapter.dispatch('regex_matches', 'customer_segmentation')(expression, pattern)) }}
{% endmacro %}

{% macro default__regex_matches(expression, pattern) -%}
    regexp_matches({{ expression }}, {{ customer_segmentation.text_literal(pattern) }})
{%- endmacro %}

{# In Java a $ also matches before a line break at the end of the text, and the end itself is \z. #}
{% macro spark__regex_matches(expression, pattern) -%}
    {%- if pattern.endswith('$') and not pattern.endswith('\\$') -%}
        {%- set pattern = pattern[:-1] ~ '\\z' -%}
    {%- endif -%}
    ({{ expression }} rlike {{ customer_segmentation.text_literal(pattern) }})
{%- endmacro %}
