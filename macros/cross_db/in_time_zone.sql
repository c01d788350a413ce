{#
    A moment that is told in UTC, as the clocks of a time zone tell it; both are timestamps without
    a zone.

    {{ in_time_zone("timestamp '2024-07-01 22:30:00'", 'Europe/Paris') }}   ->   2024-07-02 00:30:00
#}
{% macro in_time_zone(moment, zone) %}
    {% if zone == 'UTC' %}{{ return(moment) }}{% endif %}
    {{ return(adapter.dispatch('in_time_zone', 'customer_segmentation')(moment, zone)) }}
{% endmacro %}

{% macro default__in_time_zone(moment, zone) -%}
    {{ moment }} at time zone 'UTC' at time zone {{ customer_segmentation.text_literal(zone) }}
{%- endmacro %}

{% macro spark__in_time_zone(moment, zone) -%}
    from_utc_timestamp({{ moment }}, {{ customer_segmentation.text_literal(zone) }})
{%- endmacro %}
