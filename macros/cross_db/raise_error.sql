{#
    An expression that ends the query with the message when it is evaluated.

    select case when row_count = 0 then {{ raise_error("'no rows'") }} end from counts

    message: SQL text expression.
#}
{% macro raise_error(message) %}
    {{ return(adapter.dispatch('raise_error', 'customer_segmentation')(message)) }}
{% endmacro %}

{% macro default__raise_error(message) -%}
    error({{ message }})
{%- endmacro %}

{% macro spark__raise_error(message) -%}
    raise_error({{ message }})
{%- endmacro %}
