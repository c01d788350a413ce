{#
    The date as of which customers are measured: the var as_of_date, or the day after the last order
    in the data. Never today: the same data must give the same scores tomorrow.

    newest_on: SQL expression, the date of the last order.
#}
{% macro as_of_date(newest_on) -%}
    {%- set fixed = customer_segmentation.as_of_date_setting() -%}
    {%- if fixed -%}
    cast('{{ fixed }}' as date)
    {%- else -%}
    cast({{ dbt.dateadd('day', 1, newest_on) }} as date)
    {%- endif -%}
{%- endmacro %}
