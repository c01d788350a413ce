{#
    An identifier as text: without the '.0' that programs add to numbers which passed through a
    floating-point column, and null where nothing stands, or a null that was written out.

    '17850.0' -> '17850'      'C0001' -> 'C0001'      'NaN', '' -> null

    text: SQL text expression without blanks around it. separator: what stands before the decimals
    of the input's numbers; with a comma, such a program may have written 17850,0 as well.
#}
{% macro clean_id(text, separator='.') -%}
    {%- set zeros = '[.,]0+$' if separator == ',' else '[.]0+$' -%}
    case
        when lower({{ text }}) in ('', 'nan', 'null', 'none', 'n/a') then null
        when {{ customer_segmentation.regex_matches(text, '^[0-9]+' ~ zeros) }}
            then {{ customer_segmentation.regex_replace(text, zeros, '') }}
        else {{ text }}
    end
{%- endmacro %}
