{#
    One of twelve colours for a segment whose name is not known in advance, by a whole number that
    stays the segment's own.

    {{ palette_colour('sort_order') }}   ->   case mod(sort_order, 12) when 0 then '#1B5E20' … end
#}
{% macro palette_colour(number) -%}
    {%- set colours = ['#455A64', '#1B5E20', '#0277BD', '#F9A825', '#6A1B9A', '#E64A19', '#00838F',
                       '#AD1457', '#5D4037', '#7CB342', '#3949AB', '#FF8F00'] -%}
    case mod({{ number }}, {{ colours | length }})
        {%- for colour in colours %}
        when {{ loop.index0 }} then '{{ colour }}'
        {%- endfor %}
    end
{%- endmacro %}
