{#
    The RFM segment of a customer, from the one that the segment map gives for the scores. Outside
    the grid stand those who object to profiling, who never kept an order, and, where the var
    rfm_window_months limits what is scored, who ordered before those months only. With such a
    window one order in it may be anybody's: only whose first order lies in it is New.

    relation: a CTE or relation with is_profiled, customer_status, scored_frequency and
    first_ordered_on. mapped_segment: SQL expression. last_day: the day as of which scores are
    given, a SQL date expression. Gives a CASE expression.
#}
{% macro rfm_segment(relation, mapped_segment, last_day) -%}
    {%- set found = mapped_segment -%}
    {%- if var('rfm_window_months') -%}
        {%- set found -%}
    case
        when {{ relation }}.scored_frequency = 0 then 'Inactive'
        when
            {{ mapped_segment }} = 'New'
            and {{ relation }}.first_ordered_on < {{ customer_segmentation.trailing_months_begin(
                last_day, var('rfm_window_months')
            ) }}
            then 'Returning'
        else {{ mapped_segment }}
    end
        {%- endset -%}
    {%- endif -%}
    {{ customer_segmentation.segment_or_status(relation, found) }}
{%- endmacro %}
