{#
    Stops the build with one sentence. The prefix tells it from dbt's own words, in the terminal and
    for the program behind make. Does nothing while dbt only parses, so that a package whose inputs
    are not named yet can still be installed and listed.
#}
{% macro fail(sentence) %}
    {% if execute %}
        {% do exceptions.raise_compiler_error('customer_segmentation: ' ~ sentence) %}
    {% endif %}
{% endmacro %}
