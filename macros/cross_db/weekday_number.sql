{#
    The day of the week, Monday 1 to Sunday 7, counted from a Monday: each engine numbers the days
    of the week in its own way.

    {{ weekday_number("date '2024-02-29'") }}   ->   4

    day: SQL expression of a date from 1800 on.
#}
{% macro weekday_number(day) -%}
    (mod({{ dbt.datediff("cast('1800-01-06' as date)", day, 'day') }}, 7) + 1)
{%- endmacro %}
