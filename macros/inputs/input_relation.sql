{#
    What stands behind FROM for an input: the relation that the var names, or a reader of the file
    that it names. Files are read as text, so that no type guessed from the first rows can fail on
    a later one; staging casts.

    input: transactions. Gives SQL text. Fails when the var is empty, the ending is unknown or no
    file is there.
#}
{% macro input_relation(input) %}
    {% set value = var(input) | trim %}
    {% set ending = value.split('.')[-1] | lower %}
    {% if ending == 'gz' %}{% set ending = value.split('.')[-2] | lower ~ '.gz' %}{% endif %}
    {% set path = customer_segmentation.text_literal(value) %}

    {% if value == '' %}
        {% do customer_segmentation.fail(
            'No input: name a relation or a file in the var ' ~ input ~ '.'
        ) %}
    {% elif ending in ['csv', 'csv.gz', 'parquet'] %}
        {% if execute and run_query('select * from glob(' ~ path ~ ')').rows | length == 0 %}
            {% do customer_segmentation.fail(
                'There is no file ' ~ value ~ ': correct the path in the var ' ~ input
                ~ ' (paths start at the project folder).'
            ) %}
        {% endif %}
        {% if ending == 'parquet' %}
            {{ return('read_parquet(' ~ path ~ ')') }}
        {% endif %}
        {{ return('read_csv(' ~ path ~ ', header = true, all_varchar = true)') }}
    {% elif '/' in value or '\\' in value
        or ending in ['txt', 'tsv', 'xls', 'xlsx', 'json', 'zip'] %}
        {% do customer_segmentation.fail(
            'The file ' ~ value ~ ' in the var ' ~ input
            ~ ' is of a kind that cannot be read: save it as .csv, .csv.gz or .parquet.'
        ) %}
    {% endif %}
    {{ return(value) }}
{% endmacro %}

{#
    The headings of an input, or none where nothing may be asked yet: while dbt parses, and when it
    only compiles, as for the docs, perhaps before the input was ever built.
#}
{% macro input_headings(relation) %}
    {% if execute and flags.WHICH not in ['compile', 'generate'] %}
        {{ return(run_query('select * from ' ~ relation ~ ' as input_rows limit 0').column_names) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}

{#
    An input's column, always behind the input's alias: unqualified, a missing one would silently
    resolve to an alias of the same name.

    {{ input_column('Unit "Price"') }}   ->   input_rows."Unit ""Price"""
#}
{% macro input_column(column) -%}
    input_rows.{{ adapter.quote(column | replace('"', '""')) }}
{%- endmacro %}

{#
    Stops the build when a mapped column is not among the input's headings, and names both.
    Headings compare without regard to case, as the engine does.
#}
{% macro check_mapped_columns(input, mapping, headings) %}
    {% set known = headings | map('lower') | list %}
    {% for canonical, column in mapping.items() if column | lower not in known %}
        {% do customer_segmentation.fail(
            'The input ' ~ input ~ ' has no column "' ~ column ~ '", which the mapping names for '
            ~ canonical ~ '; it has: ' ~ headings | join(', ') ~ '.'
        ) %}
    {% endfor %}
{% endmacro %}
