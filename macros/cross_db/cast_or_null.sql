{#
    Casts of text that give null where the text is not in the stated form, on every engine. Each
    checks the form by a regular expression first, because engines disagree about what they accept:
    DuckDB's own try_cast makes 13 of '12.7' as an integer and drops digits that do not fit.
#}

{#
    A decimal with the given number of digits in all and behind the point. Text with more digits
    than the type holds gives null instead of being rounded; zeros at the end do not count. The
    thousands may be set apart, all of them and by one kind of mark: 1,234,567.5 or 12 345 or 1'000,
    in India 12,34,567. Such a number does not start with a zero: 0,123 is a decimal comma.
#}
{% macro decimal_or_null(text, precision, scale) -%}
    {%- set type = 'decimal(' ~ precision ~ ', ' ~ scale ~ ')' -%}
    {%- set marks = [',', "'", '’', ' ', '\u00a0', '\u202f'] -%}
    {%- set fraction = '([.][0-9]{0,' ~ scale ~ '}0*)?' -%}
    case
        when {{ customer_segmentation.regex_matches(
            text,
            '^[+-]?([0-9]{1,' ~ (precision - scale) ~ '}' ~ fraction
            ~ '|[.][0-9]{1,' ~ scale ~ '}0*)$'
        ) }}
            then {{ customer_segmentation.try_cast(text, type) }}
        when {{ customer_segmentation.regex_matches(
            text,
            '^[+-]?([1-9][0-9]{0,2}((' ~ marks | join('[0-9]{3})+|(') ~ '[0-9]{3})+)'
            ~ '|[1-9][0-9]?(,[0-9]{2})+,[0-9]{3})' ~ fraction ~ '$'
        ) }}
            then {{ customer_segmentation.try_cast(
                'translate(' ~ text ~ ', '
                ~ customer_segmentation.text_literal(marks | join) ~ ", '')",
                type
            ) }}
    end
{%- endmacro %}

{% macro try_cast(expression, type) %}
    {{ return(adapter.dispatch('try_cast', 'customer_segmentation')(expression, type)) }}
{% endmacro %}

{% macro default__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}
