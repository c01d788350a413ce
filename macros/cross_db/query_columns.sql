{#
    The columns that a query gives and their types, in the engine's words, as a map in their order.
    dbt's own way would give each part of a nested column a name of its own, which no query knows.

    {{ query_columns('select 1 as a') }}   ->   {'a': 'INTEGER'}
#}
{% macro query_columns(query) %}
    {{ return(adapter.dispatch('query_columns', 'customer_segmentation')(query)) }}
{% endmacro %}

{% macro default__query_columns(query) %}
    {% set types = {} %}
    {% for column in adapter.get_column_schema_from_query(query) %}
        {% do types.update({column.name: column.dtype}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}

{% macro duckdb__query_columns(query) %}
    {% set types = {} %}
    {% for column in run_query('describe ' ~ query).rows %}
        {% do types.update({column[0]: column[1]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}
