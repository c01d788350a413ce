{#
    Stops the build with one sentence. The prefix tells it from dbt's own words, in the terminal and
    for the program behind make.

    while_parsing: what is wrong can be told from the vars alone, and stops the build before it
    starts. All else waits until something runs, so that a package whose inputs are not named yet
    can be installed and listed.
#}
{% macro fail(sentence, while_parsing=false) %}
    {% if execute or while_parsing %}
        {% do exceptions.raise_compiler_error('customer_segmentation: ' ~ sentence) %}
    {% endif %}
{% endmacro %}
