{#
    Says in a relation's comment which invocation of dbt made it. Publishing compares, because
    run_results.json alone cannot tell that a later command changed tables and came to no end.

    Where this project is installed as a package, comments are the user's and stay as they are.

    {{ stamp_build() }}   ->   comment on table main_segmentation.seg_rfm is 'dbt invocation 2f…'
#}
{% macro stamp_build() %}
    {% if project_name == 'customer_segmentation' %}
        {{ return(adapter.dispatch('stamp_build', 'customer_segmentation')()) }}
    {% endif %}
{% endmacro %}

{# Nothing is published from other engines: BI reads their tables where they are. #}
{% macro default__stamp_build() %}
{% endmacro %}

{% macro duckdb__stamp_build() %}
    comment on {{ 'view' if config.get('materialized') == 'view' else 'table' }} {{ this }}
    is 'dbt invocation {{ invocation_id }}'
{% endmacro %}
