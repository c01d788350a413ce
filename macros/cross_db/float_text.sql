{#
    A floating-point number as text, whole numbers without an exponent: an id that passed through
    such a column must stay readable. Spark tells 12345678.0 as 1.2345678E7.

    {{ float_text('customer_no') }}   ->   '12345678.0'
#}
{% macro float_text(expression) %}
    {{ return(adapter.dispatch('float_text', 'customer_segmentation')(expression)) }}
{% endmacro %}

{% macro default__float_text(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro spark__float_text(expression) -%}
    case
        when {{ expression }} = floor({{ expression }}) and abs({{ expression }}) < 1e15
            then cast(cast({{ expression }} as decimal(17, 1)) as string)
        else cast({{ expression }} as string)
    end
{%- endmacro %}
