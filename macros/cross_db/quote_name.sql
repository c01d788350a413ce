{#
    A column's name in the engine's quotes, whatever stands in it.

    {{ quote_name('Unit "Price"') }}   ->   "Unit ""Price"""
#}
{% macro quote_name(name) %}
    {{ return(adapter.dispatch('quote_name', 'customer_segmentation')(name)) }}
{% endmacro %}

{% macro default__quote_name(name) %}
    {{ return(adapter.quote(name | replace('"', '""'))) }}
{% endmacro %}

{% macro spark__quote_name(name) %}
    {{ return(adapter.quote(name | replace('`', '``'))) }}
{% endmacro %}
