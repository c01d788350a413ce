{#
    The days that are expected between a customer's orders: the mean of their own gaps and of
    usual_gap_weight times everybody's, because few gaps of one's own say little.

        own gaps | everybody's   {{ expected_gap('counted', 'usual', 'limits') }}
        none     | 60            60
        30, 50   | 60            50     (30 + 50 + 2 × 60) / (2 + 2)

    counted: a CTE or relation with gap_count and gap_days, their sum. usual: one with gap_days, see
    usual_gap. limits: a CTE of one row with usual_gap_weight and min_expected_gap_days. Gives a
    double.
#}
{% macro expected_gap(counted, usual, limits) -%}
    greatest(
        {{ customer_segmentation.ratio(
            '(' ~ counted ~ '.gap_days + ' ~ limits ~ '.usual_gap_weight * ' ~ usual ~ '.gap_days)',
            '(' ~ counted ~ '.gap_count + ' ~ limits ~ '.usual_gap_weight)',
        ) }},
        {{ limits }}.min_expected_gap_days
    )
{%- endmacro %}

{#
    The mean of all gaps, so that customers who order often weigh as much as their gaps; where
    nobody has one, the threshold. An aggregate; counted and limits as in expected_gap, limits with
    usual_gap_days.
#}
{% macro usual_gap(counted, limits) -%}
    coalesce(
        {{ customer_segmentation.ratio(
            'sum(' ~ counted ~ '.gap_days)', 'sum(' ~ counted ~ '.gap_count)'
        ) }},
        max({{ limits }}.usual_gap_days)
    )
{%- endmacro %}
