{#
    The amount of one order line: the amount that the input gives, or else quantity times unit
    price; with a rate, in the reporting currency.

    {{ line_amount('given_amount', 'quantity', 'unit_price') }}

        given_amount | quantity | unit_price   ->   amount
                     | 3        | 0.33335           1.0001
        5.00         | 2        | 9.99              5.0000 where the amount is mapped

    given_amount, quantity, unit_price: SQL expressions of type decimal. rate: see converted.
#}
{% macro line_amount(given_amount, quantity, unit_price, rate=none) -%}
    {%- if 'amount' in customer_segmentation.input_columns('transactions') -%}
        {%- set amount = given_amount -%}
    {%- else -%}
        {%- set amount = customer_segmentation.line_product(quantity, unit_price) -%}
    {%- endif -%}
    {{ customer_segmentation.line_money(amount, rate) }}
{%- endmacro %}

{#
    Quantity times price, exact: a decimal with ten digits behind the point. It has 19 + 18 digits,
    and one for the carry: 38, all that engines hold. With 18, DuckDB's product overflows; with more
    than 19, Spark's drops digits.

    quantity: SQL expression of type decimal(18, 4). price: of type decimal(18, 6).
#}
{% macro line_product(quantity, price) -%}
    cast({{ quantity }} as decimal(19, 4)) * {{ price }}
{%- endmacro %}

{#
    Money of one order line, rounded once, to four decimals, so that every later sum is exact. Null
    where a part is missing or it exceeds max_line_amount, beyond which lie typing errors, and sums
    would overflow.

    amount: SQL expression of an exact decimal. rate: see converted; none leaves the currency.
#}
{% macro line_money(amount, rate=none) -%}
    {%- set exact = customer_segmentation.converted(amount, rate) if rate else amount -%}
    {%- set rounded = 'round(' ~ exact ~ ', 4)' -%}
    case
        when abs({{ rounded }}) <= {{ customer_segmentation.threshold('max_line_amount') }}
            then cast({{ rounded }} as decimal(18, 4))
    end
{%- endmacro %}

{#
    An amount at an exchange rate, exact. The product may have 43 digits, and engines hold 38: so
    whole units and the rest are converted apart, and each product has its room. Null from 10^15 on.
    Whole units have 19 digits for the reason that line_product gives.

    {{ converted('amount', 'rate') }}     12.50 at 0.85370001   ->   10.671250125

    amount: SQL expression of a decimal with ten digits behind the point at most. rate: of type
    decimal(18, 8).
#}
{% macro converted(amount, rate) -%}
    {%- set amount = customer_segmentation.try_cast(amount, 'decimal(25, 10)') -%}
    {%- set whole = 'cast(floor(' ~ amount ~ ') as decimal(19, 0))' -%}
    {%- set rest = 'cast(' ~ amount ~ ' - floor(' ~ amount ~ ') as decimal(10, 10))' -%}
    {{ customer_segmentation.try_cast(whole ~ ' * ' ~ rate, 'decimal(27, 8)') }}
    + {{ rest }} * {{ rate }}
{%- endmacro %}
