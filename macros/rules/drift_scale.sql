{#
    A monthly measure on the scale on which its changes are compared, and back: amounts and counts
    on a logarithmic one, where doubling and halving are as far; shares by the arcsine of the root
    and stability indexes by the root, where chance moves small and large ones as far.

    {{ drift_scaled('value', 'scale') }}        count, 0   ->   0.0        share, 1   ->   1.571
    {{ drift_unscaled('scaled', 'scale') }}     count, 0.0   ->   0        share, 9   ->   1

    value, scaled: SQL expressions of a double. scale: SQL text expression: amount, count, share or
    index. An amount of zero or less gives null.
#}
{% macro drift_scaled(value, scale) -%}
    case {{ scale }}
        when 'amount' then ln(nullif(greatest({{ value }}, 0), 0))
        when 'count' then ln({{ value }} + 1)
        when 'share' then asin(sqrt({{ value }}))
        when 'index' then sqrt({{ value }})
    end
{%- endmacro %}

{% macro drift_unscaled(scaled, scale) -%}
    case {{ scale }}
        when 'amount' then exp({{ scaled }})
        when 'count' then greatest(exp({{ scaled }}) - 1, 0)
        when 'share' then power(sin(least(greatest({{ scaled }}, 0), asin(1))), 2)
        when 'index' then power(greatest({{ scaled }}, 0), 2)
    end
{%- endmacro %}
