{#
    A number as tills and spreadsheets write it, as decimal_or_null reads it: with a point, the sign
    first and no currency. What is no number stays unreadable.

    {{ tidy_number('text') }}                       {{ tidy_number('text', ',') }}

        1,234.50     -> 1,234.50                     1.234,50     -> 1,234.50
        $ 12.50      -> 12.50                        12,50 €      -> 12.50
        (12.50)      -> -12.50                       12,50-       -> -12.50
        −$12.50      -> -12.50                       (12,50) €    -> -12.50

    text: SQL text expression. separator: what stands before the decimals.
#}
{% macro tidy_number(text, separator='.') -%}
    {%- set blank = '[ \u00a0\u202f]*' -%}
    {%- set currency = customer_segmentation.currency_pattern() -%}
    {#- Some programs write a minus sign of its own, which no number has. -#}
    {%- set marks = ("'.,−', ',.-'" if separator == ',' else "'−', '-'") -%}
    {%- set trimmed = customer_segmentation.trim_spaces(text) -%}
    {%- set pointed = 'translate(' ~ trimmed ~ ', ' ~ marks ~ ')' -%}
    {%- set steps = [
        ('^([(+-]*)' ~ blank ~ currency ~ blank, '\\1'),
        ('([0-9.)])' ~ blank ~ currency ~ blank ~ '([)-]?)$', '\\1\\3'),
        ('^[(]([0-9.].*)[)]$', '-\\1'),
        ('^([0-9.].*)-$', '-\\1'),
    ] -%}
    {%- set tidied = namespace(text=pointed) -%}
    {%- for pattern, replacement in steps -%}
        {%- set tidied.text =
            customer_segmentation.regex_replace(tidied.text, pattern, replacement) -%}
    {%- endfor -%}
    {#- Nearly every number is plain; under a decimal comma, a point sets thousands apart. -#}
    {%- set plain = '[0-9]' if separator == ',' else '[0-9.]' -%}
    case
        when {{ customer_segmentation.regex_matches(text, '^[+-]?' ~ plain ~ '*$') }}
            then {{ text }}
        else {{ tidied.text }}
    end
{%- endmacro %}

{# What may stand before or behind an amount: a currency sign, or a code of three letters. #}
{% macro currency_pattern() %}
    {{ return('([$€£¥¢₹₩₽₺₫฿₪₴₦₱₡₲₵₸]|[A-Z]{3})') }}
{% endmacro %}

{# The currency that stands with an amount, such as € or USD; null where none does. #}
{% macro currency_or_null(text) -%}
    {%- set currency = customer_segmentation.currency_pattern() -%}
    case
        when {{ customer_segmentation.regex_matches(
            text, currency ~ '[^A-Za-z]*[0-9]|[0-9][^A-Za-z]*' ~ currency
        ) }}
            then {{ customer_segmentation.regex_replace(
                text, '^.*?' ~ currency ~ '.*$', '\\1'
            ) }}
    end
{%- endmacro %}
