{#
    Where a row stands in the order of a value, from 0 (least) to 1; equal values stand in the
    middle of their ranks, so that they always share a position.

        income | {{ position_in_order('income') }}
        10     | 0.125
        20     | 0.5
        20     | 0.5
        90     | 0.875

    value: SQL expression, never null. partition_by: columns within which rows are put in order.
#}
{% macro position_in_order(value, partition_by=[]) -%}
    {%- set group = 'partition by ' ~ partition_by | join(', ') if partition_by else '' -%}
    {%- set equals = (partition_by + [value]) | join(', ') -%}
    {{ customer_segmentation.ratio(
        '(rank() over (' ~ group ~ ' order by ' ~ value ~ ') - 1'
        ~ ' + count(*) over (partition by ' ~ equals ~ ') / 2.0)',
        'count(*) over (' ~ group ~ ')',
    ) }}
{%- endmacro %}
