{#
    The last SELECT of a gate: an error test on staging that stops the build, before any mart
    changes, with a sentence that says what is wrong.

    A gate may read stg_segmentation__transactions, what stands before it, and the seed thresholds
    only. dbt holds back a model until a test is done only where the model descends from everything
    that the test reads.

    relation: a CTE of at most one row. condition: SQL, true when the build must stop. sentence: SQL
    text expression.
#}
{% macro gate(relation, condition, sentence) %}
    select *
    from {{ relation }}
    where
        case
            when {{ condition }}
                then {{ customer_segmentation.raise_error(
                    "'customer_segmentation: ' || " ~ sentence
                ) }} is null
            else false
        end
{% endmacro %}
