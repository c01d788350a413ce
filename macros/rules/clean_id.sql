{#
    An identifier as text: without surrounding blanks, without the '.0' that programs add to
    numbers which passed through a floating-point column, and null where nothing stands, or a null
    that was written out.

    ' 17850.0 ' -> '17850'      'C0001' -> 'C0001'      'NaN', '' -> null
#}
{% macro clean_id(text) -%}
    {%- set trimmed = customer_segmentation.trim_blanks(text) -%}
    case
        when lower({{ trimmed }}) in ('', 'nan', 'null', 'none', 'n/a') then null
        when {{ customer_segmentation.regex_matches(trimmed, '^[0-9]+[.]0+$') }}
            then {{ dbt.split_part(trimmed, "'.'", 1) }}
        else {{ trimmed }}
    end
{%- endmacro %}
