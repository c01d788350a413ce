{# What an engine can do besides SQL: each macro gives true or false. #}

{# Whether a file can stand behind FROM. #}
{% macro reads_files() %}
    {{ return(adapter.dispatch('reads_files', 'customer_segmentation')()) }}
{% endmacro %}

{% macro default__reads_files() %}
    {{ return(true) }}
{% endmacro %}

{% macro spark__reads_files() %}
    {{ return(false) }}
{% endmacro %}

{# Whether Python models run, as the fit of k-means does. #}
{% macro runs_python_models() %}
    {{ return(adapter.dispatch('runs_python_models', 'customer_segmentation')()) }}
{% endmacro %}

{% macro default__runs_python_models() %}
    {{ return(true) }}
{% endmacro %}

{# dbt-spark hands Python models to Databricks and to nothing else. #}
{% macro spark__runs_python_models() %}
    {{ return(false) }}
{% endmacro %}
