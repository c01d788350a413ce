{#
    Loads the rows of a seed on Spark, in place of dbt's own macro of that name, which in a session
    pastes values into the statement as they are: a null becomes the text None, and a quote ends the
    statement. Here the rows are one JSON literal, which also loads faster than thousands of small
    ones. dbt asks the root project first, so this serves the seeds of this project; where it is
    installed, list it in `dispatch` for the macro namespace dbt.

    model: the seed. agate_table: its rows; columns with a type in column_types are text in it.
    Gives the first of the statements that it ran, for dbt's record.
#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set column_types = model.config.get('column_types') or {} %}
    {% set statements = [] %}
    {% for rows in agate_table.rows | batch(get_batch_size()) %}
        {% set texts = [] %}
        {% for row in rows %}
            {% set cells = [] %}
            {% for value in row %}
                {% do cells.append(none if value is none else value | string) %}
            {% endfor %}
            {% do texts.append(cells) %}
        {% endfor %}
        {% set sql %}
            insert into {{ this.render() }}
            select
                {% for column in agate_table.column_names -%}
                {%- set guessed_type = adapter.convert_type(agate_table, loop.index0) -%}
                cast(cells[{{ loop.index0 }}] as {{ column_types.get(column, guessed_type) }})
                    as {{ adapter.quote(column) }}{{ ',' if not loop.last }}
                {% endfor %}
            from (
                select explode(
                    from_json(
                        {{ customer_segmentation.text_literal(tojson(texts)) }},
                        'array<array<string>>'
                    )
                ) as cells
            ) as seed_rows
        {% endset %}
        {% do adapter.add_query(sql, abridge_sql_log=true) %}
        {% do statements.append(sql) %}
    {% endfor %}
    {{ return(statements[0]) }}
{% endmacro %}
