{#
    A monthly measure on the scale on which its changes are compared, and back: amounts and counts
    on a logarithmic one, where doubling and halving are as far; shares by the arcsine of the root,
    and stability indexes by the root, where chance moves small and large ones as far.

    {{ drift_scaled('value', 'scale') }}        ratio, 2.718   ->   1.0      share, 1   ->   1.571
    {{ drift_unscaled('scaled', 'scale') }}     ratio, 1.0     ->   2.718    share, 9   ->   1

    value, scaled: SQL expressions of a double. scale: SQL text expression, ratio, share or index.
    Null for a ratio of zero or less.
#}
{% macro drift_scaled(value, scale) -%}
    case {{ scale }}
        when 'ratio' then ln(nullif(greatest({{ value }}, 0), 0))
        when 'share' then asin(sqrt({{ value }}))
        when 'index' then sqrt({{ value }})
    end
{%- endmacro %}

{% macro drift_unscaled(scaled, scale) -%}
    case {{ scale }}
        when 'ratio' then exp({{ scaled }})
        when 'share' then power(sin(least(greatest({{ scaled }}, 0), asin(1))), 2)
        when 'index' then power(greatest({{ scaled }}, 0), 2)
    end
{%- endmacro %}
