{#
    Where a buyer stands in the customer journey, by the rhythm of their own orders: the first stage
    that fits.

        order days | days since the last | expected gap   |   stage
        1          | 12                  | 60             |   New
        5          | 200                 | 60             |   Lapsed
        5          | 20                  | 40             |   Active repeat

    relation: a CTE or relation of buyers with order_day_count, days_since_order, expected_gap_days,
    last_gap_days and earlier_gap_days (the median of the gaps before the last; null with fewer than
    two). limits: a CTE of one row with the thresholds that the stage needs. expected_gap: another
    column of the relation in place of expected_gap_days. Gives a CASE expression.
#}
{% macro lifecycle_stage(relation, limits, expected_gap='expected_gap_days') -%}
    case
        when
            {{ relation }}.order_day_count = 1
            and {{ relation }}.days_since_order <= {{ limits }}.new_customer_days
            then 'New'
        when
            {{ relation }}.days_since_order
            > {{ limits }}.lapsed_gaps * {{ relation }}.{{ expected_gap }}
            then 'Lapsed'
        when
            {{ relation }}.days_since_order
            > {{ limits }}.at_risk_gaps * {{ relation }}.{{ expected_gap }}
            then 'At risk'
        when
            {{ relation }}.last_gap_days > {{ limits }}.reactivation_gaps
            * greatest(
                {{ limits }}.reactivation_min_gap_days,
                coalesce({{ relation }}.earlier_gap_days, 0)
            )
            and {{ relation }}.days_since_order <= {{ limits }}.reactivation_days
            then 'Reactivated'
        when {{ relation }}.order_day_count = 1 then 'One-time'
        when
            {{ relation }}.order_day_count <= {{ limits }}.developing_max_order_days
            then 'Developing'
        else 'Active repeat'
    end
{%- endmacro %}
