{#
    The first day of the months that end with a day, which belongs to them: the year to the end of
    a month begins with a month, in leap years, too.

    {{ trailing_months_begin('as_of_date', 12) }}     2024-06-30   ->   2023-07-01
                                                      2025-02-28   ->   2024-03-01

    last_day: SQL date expression. months: a whole number.
#}
{% macro trailing_months_begin(last_day, months) -%}
    cast({{ dbt.dateadd('month', '-' ~ months, dbt.dateadd('day', 1, last_day)) }} as date)
{%- endmacro %}

{#
    True where a day lies in the months that end with another.

    {{ is_in_trailing_months('ordered_on', 'as_of_date', 12) }}
        2023-06-30, 2024-06-30   ->   false        2023-07-01, 2024-06-30   ->   true

    day, last_day: SQL date expressions. months: a whole number.
#}
{% macro is_in_trailing_months(day, last_day, months) -%}
    {{ day }} >= {{ customer_segmentation.trailing_months_begin(last_day, months) }}
    and {{ day }} <= {{ last_day }}
{%- endmacro %}
