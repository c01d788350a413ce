{#
    The median of a group's values as a double, halfway between the two in the middle where their
    number is even; nulls are left out, and a group without values gives null. dbt knows none, and
    DuckDB's own median is no function on other engines.

    {{ median('quantity') }}     1, 2, 4, 10   ->   3.0
#}
{% macro median(expression) -%}
    percentile_cont(0.5) within group (
        order by cast({{ expression }} as {{ customer_segmentation.type_double() }})
    )
{%- endmacro %}
