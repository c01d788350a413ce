{#
    The texts of a group as one, in a stated order; nulls are left out, and a group without any
    text gives null. dbt.listagg knows no order on Spark.

    {{ join_texts('word', "', '", 'feature_position') }}   ->   'few orders, low spend'

    text, delimiter: SQL text expressions. order_by: SQL, what stands behind order by.
#}
{% macro join_texts(text, delimiter, order_by) %}
    {{ return(
        adapter.dispatch('join_texts', 'customer_segmentation')(text, delimiter, order_by)
    ) }}
{% endmacro %}

{% macro default__join_texts(text, delimiter, order_by) -%}
    {{ dbt.listagg(text, delimiter, 'order by ' ~ order_by) }}
{%- endmacro %}

{% macro spark__join_texts(text, delimiter, order_by) -%}
    listagg({{ text }}, {{ delimiter }}) within group (order by {{ order_by }})
{%- endmacro %}
