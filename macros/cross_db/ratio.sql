{#
    A quotient as a double, null where the denominator is zero: engines divide integers, and by
    zero, each in their own way. Both sides are exact sums, so no thread changes the result.

    {{ ratio('revenue', 'all_revenue') }}
#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as {{ customer_segmentation.type_double() }})
    / nullif({{ denominator }}, 0)
{%- endmacro %}
