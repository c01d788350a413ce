{#
    What an order line adds to monetary value: its amount, returns below zero; with the var
    monetary_basis gross, returns add nothing.

    {{ line_revenue('line_class', 'amount') }}     sale, 30.00     ->   30.00
                                                   return, -5.00   ->   -5.00, or 0

    line_class: SQL expression, sale or return. amount: SQL expression of the line's amount.
#}
{% macro line_revenue(line_class, amount) -%}
    {%- if var('monetary_basis') == 'gross' -%}
    case when {{ line_class }} = 'sale' then {{ amount }} else 0 end
    {%- else -%}
    {{ amount }}
    {%- endif -%}
{%- endmacro %}
