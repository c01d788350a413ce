{#
    The segmentations of the var segmentations for which the inputs hold what they need. The others
    have no rows in the long marts, and a column of nulls in customer_segments.

    active_segmentations()   ->   ['rfm', 'kmeans', 'geographic']
#}
{% macro active_segmentations() %}
    {% set bought = customer_segmentation.has_input('transactions') %}
    {% set customers = customer_segmentation.input_columns('customers') | list %}
    {% set orders = customer_segmentation.input_columns('transactions') | list %}
    {% set needs = {
        'rfm': bought,
        'kmeans': bought,
        'behaviour': bought,
        'value': bought,
        'lifecycle': bought,
        'demographic': 'gender' in customers or 'birth_date' in customers or 'age' in customers
            or 'annual_income' in customers,
        'geographic': 'country' in customers + orders,
        'psychographic': 'psychographic' in customer_segmentation.feature_sets(),
    } %}
    {% for attribute in customer_segmentation.attribute_columns() %}
        {% do needs.update({attribute: customer_segmentation.has_input('customers')}) %}
    {% endfor %}
    {% set active = [] %}
    {% for name in customer_segmentation.segmentation_names() if needs.get(name, true) %}
        {% do active.append(name) %}
    {% endfor %}
    {% if customer_segmentation.hybrid_parts() | reject('in', active) | list %}
        {{ return(active | reject('eq', 'hybrid') | list) }}
    {% endif %}
    {{ return(active) }}
{% endmacro %}

{#
    What stands behind FROM for the rows of a segmentation: its model, or those of its attribute
    where a segmentation has the name of one in the var attribute_columns.

    segmentation_rows('rfm')    ->   my_schema.seg_rfm
    segmentation_rows('tier')   ->   (select … from my_schema.seg_attributes where …)
#}
{% macro segmentation_rows(segmentation) %}
    {% if segmentation in customer_segmentation.attribute_columns() %}
        {% set attributes = ref('customer_segmentation', 'seg_attributes') %}
        {{ return(
            '(select customer_id, segment from ' ~ attributes ~ ' where attribute = '
            ~ customer_segmentation.text_literal(segmentation) ~ ')'
        ) }}
    {% endif %}
    {{ return(ref('seg_' ~ segmentation)) }}
{% endmacro %}

{# The segmentations that the segmentation hybrid combines. #}
{% macro hybrid_parts() %}
    {{ return(customer_segmentation.segmentation_names(var('hybrid_segmentations'))) }}
{% endmacro %}

{#
    The names in the var segmentations, or in another list; that of an attribute may be its heading.
#}
{% macro segmentation_names(listed=none) %}
    {% set names = [] %}
    {% for name in listed or var('segmentations') %}
        {% set column = customer_segmentation.column_name(name) %}
        {% do names.append(
            column if column in customer_segmentation.attribute_columns() else name
        ) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{# The segmentations of the var segmentations that are attributes. #}
{% macro attribute_segmentations() %}
    {{ return(
        customer_segmentation.segmentation_names()
        | select('in', customer_segmentation.attribute_columns()) | list
    ) }}
{% endmacro %}

{# The segmentations of which customer_months holds the history, so far as they are active. #}
{% macro history_segmentations() %}
    {{ return(
        ['rfm', 'value', 'lifecycle']
        | select('in', ['rfm'] + customer_segmentation.active_segmentations()) | list
    ) }}
{% endmacro %}

{#
    One row per customer, month-end and segmentation of the history: customer_months in the long
    form.

    {{ months_unpivoted() }}   ->   select customer_id, month_end, 'rfm' as segmentation, …
#}
{% macro months_unpivoted() -%}
    {% for segmentation in customer_segmentation.history_segmentations() -%}
    select
        customer_id,
        month_end,
        '{{ segmentation }}' as segmentation,
        {{ segmentation }}_segment as segment,
        previous_{{ segmentation }}_segment as previous_segment,
        frequency,
        revenue_3_months,
        revenue_12_months
    from {{ ref('customer_segmentation', 'customer_months') }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}
