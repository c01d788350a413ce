{#
    Casts of text that give null where the text is not in the stated form, on every engine. Each
    checks the form by a regular expression first, because engines disagree about what they accept:
    DuckDB's own try_cast makes 13 of '12.7' as an integer and drops digits that do not fit.
#}

{#
    A timestamp from ISO text: a date, optionally followed by a space or T and hours, minutes,
    seconds and fractions. '2010-12-01 08:26' and '2010-12-01T08:26:00.5' are read, '2010-02-30'
    and '1/12/2010' give null.
#}
{% macro timestamp_or_null(text) -%}
    case
        when {{ customer_segmentation.regex_matches(
            text,
            '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
            ~ '([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?)?$'
        ) }}
            then {{ customer_segmentation.try_cast(text, 'timestamp') }}
    end
{%- endmacro %}

{#
    A decimal with the given number of digits in all and behind the point. Text with more digits
    than the type holds gives null instead of being rounded; zeros at the end do not count.
#}
{% macro decimal_or_null(text, precision, scale) -%}
    case
        when {{ customer_segmentation.regex_matches(
            text,
            '^[+-]?([0-9]{1,' ~ (precision - scale) ~ '}([.][0-9]{0,' ~ scale ~ '}0*)?'
            ~ '|[.][0-9]{1,' ~ scale ~ '}0*)$'
        ) }}
            then {{ customer_segmentation.try_cast(
                text, 'decimal(' ~ precision ~ ', ' ~ scale ~ ')'
            ) }}
    end
{%- endmacro %}

{% macro try_cast(expression, type) %}
    {{ return(adapter.dispatch('try_cast', 'customer_segmentation')(expression, type)) }}
{% endmacro %}

{% macro default__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}
