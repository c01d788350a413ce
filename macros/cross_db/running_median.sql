{#
    The median of the values in the rows of a window's frame, as macro median gives that of a group.

    {{ running_median('gap_days', 'partition by customer_id order by ordered_on
        rows between unbounded preceding and 1 preceding') }}

    expression: SQL expression of a number. window: SQL, what stands between the parentheses of
    over.
#}
{% macro running_median(expression, window) %}
    {{ return(adapter.dispatch('running_median', 'customer_segmentation')(expression, window)) }}
{% endmacro %}

{% macro default__running_median(expression, window) -%}
    quantile_cont(cast({{ expression }} as {{ customer_segmentation.type_double() }}), 0.5)
    over ({{ window }})
{%- endmacro %}

{% macro spark__running_median(expression, window) -%}
    percentile(cast({{ expression }} as {{ customer_segmentation.type_double() }}), 0.5)
    over ({{ window }})
{%- endmacro %}
