{#
    True where a day lies in the twelve months that end with another, which belongs to them. The
    year to the end of a month begins with a month, in leap years, too.

    {{ is_in_trailing_year('ordered_on', 'as_of_date') }}
        2023-06-30, 2024-06-30   ->   false        2023-07-01, 2024-06-30   ->   true
        2024-02-29, 2025-02-28   ->   false        2024-03-01, 2025-02-28   ->   true

    day, last_day: SQL date expressions.
#}
{% macro is_in_trailing_year(day, last_day) -%}
    {%- set next_day = dbt.dateadd('day', 1, last_day) -%}
    {{ day }} >= cast({{ dbt.dateadd('month', -12, next_day) }} as date)
    and {{ day }} <= {{ last_day }}
{%- endmacro %}
