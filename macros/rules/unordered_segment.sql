{#
    The segment of customers without a kept order, who stand outside every segmentation by what
    customers bought.

    {{ unordered_segment('customer_status') }}     returns only   ->   Returns only
                                                   prospect       ->   Prospect
#}
{% macro unordered_segment(status) -%}
    case when {{ status }} = 'returns only' then 'Returns only' else 'Prospect' end
{%- endmacro %}
