{#
    The segment of a customer in a segmentation of what customers bought: the one that was found for
    buyers, and what everybody else is by their status.

    relation: a CTE or relation with is_profiled and customer_status. found: SQL expression, the
    segment of those who bought. Gives a CASE expression.

    {{ segment_or_status('customers', 'classed.value_class') }}   ->   A, B, Returns only …
#}
{% macro segment_or_status(relation, found) -%}
    case
        when not {{ relation }}.is_profiled then 'Not profiled'
        when {{ relation }}.customer_status = 'buyer' then {{ found }}
        when {{ relation }}.customer_status = 'returns only' then 'Returns only'
        else 'Prospect'
    end
{%- endmacro %}
