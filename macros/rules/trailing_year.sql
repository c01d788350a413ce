{#
    True where a day lies in the twelve months that end with another, which belongs to them.

    {{ is_in_trailing_year('ordered_on', 'as_of_date') }}
        2023-06-30, 2024-06-30   ->   false        2023-07-01, 2024-06-30   ->   true

    day, last_day: SQL date expressions.
#}
{% macro is_in_trailing_year(day, last_day) -%}
    {{ day }} > cast({{ dbt.dateadd('month', -12, last_day) }} as date)
    and {{ day }} <= {{ last_day }}
{%- endmacro %}
