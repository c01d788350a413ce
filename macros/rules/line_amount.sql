{#
    The amount of one order line, rounded once, to four decimals, so that every later sum is exact:
    the amount that the input gives, or else quantity times unit price. Null where a part is missing
    or the amount exceeds max_line_amount, beyond which lie typing errors, and sums would overflow.

    given_amount, quantity, unit_price: SQL expressions of type decimal.
#}
{% macro line_amount(given_amount, quantity, unit_price) -%}
    {%- if 'amount' in customer_segmentation.input_columns('transactions') -%}
        {%- set amount = given_amount -%}
    {%- else -%}
        {#- The exact product has 19 + 18 digits, and one for the carry: 38, all that engines hold.
            With 18, DuckDB's product overflows; with more than 19, Spark's drops digits. -#}
        {%- set wide_quantity = 'cast(' ~ quantity ~ ' as decimal(19, 4))' -%}
        {%- set amount = 'round(' ~ wide_quantity ~ ' * ' ~ unit_price ~ ', 4)' -%}
    {%- endif -%}
    case
        when abs({{ amount }}) <= {{ customer_segmentation.threshold('max_line_amount') }}
            then cast({{ amount }} as decimal(18, 4))
    end
{%- endmacro %}
