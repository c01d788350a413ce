{#
    The seed of that name, or the relation that the var seed_overrides puts in its place.

    vars: {seed_overrides: {service_codes: "{{ ref('my_fees') }}"}}
    {{ seed_relation('service_codes') }}   ->   my_schema.my_fees
#}
{% macro seed_relation(name) %}
    {% set replaceable = customer_segmentation.replaceable_seeds() %}
    {% set overrides = var('seed_overrides') or {} %}
    {% for override in overrides if override not in replaceable %}
        {% do customer_segmentation.fail(
            "'" ~ override ~ "' in the var seed_overrides is no seed of this package; its seeds"
            ~ ' are ' ~ replaceable | join(', ') ~ '.'
        ) %}
    {% endfor %}
    {# Replaced or not, the seed is a parent: a test of what replaces it holds back every model. #}
    {% set seed = ref('customer_segmentation', name) %}
    {% if name in overrides %}
        {{ return(render(overrides[name])) }}
    {% endif %}
    {{ return(seed) }}
{% endmacro %}

{# The seeds that the var seed_overrides may replace. #}
{% macro replaceable_seeds() %}
    {{ return(['service_codes', 'rfm_segment_map', 'rfm_cut_points', 'segment_definitions',
               'thresholds', 'behaviours', 'cluster_words', 'country_names', 'profile_values',
               'special_categories']) }}
{% endmacro %}

{#
    One value of the seed thresholds, as a scalar.

    {{ threshold('max_as_of_gap_days') }}   ->   (select … where name = 'max_as_of_gap_days')
#}
{% macro threshold(name) -%}
    (
        select thresholds.value
        from {{ customer_segmentation.threshold_rows() }} as thresholds
        where thresholds.name = {{ customer_segmentation.text_literal(name) }}
    )
{%- endmacro %}

{#
    Several values of the seed thresholds as one row, a column each; decimals, because 0.9 of 3.30
    as a double is less than 2.97, and with 19 digits for the reason that line_product gives.

    limits as ({{ thresholds(['age_edge_1', 'age_edge_2']) }})
#}
{% macro thresholds(names) %}
    select
        {%- for name in names %}
        cast(max(case when name = '{{ name }}' then value end) as decimal(19, 6)) as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ customer_segmentation.threshold_rows() }} as thresholds
{% endmacro %}

{#
    What stands behind FROM for the thresholds: the seed, or what the var seed_overrides puts in its
    place, with the seed's own values of those that it does not name.
#}
{% macro threshold_rows() %}
    {% set own = customer_segmentation.seed_relation('thresholds') %}
    {% set usual = ref('customer_segmentation', 'thresholds') %}
    {% if 'thresholds' not in (var('seed_overrides') or {}) %}{{ return(own) }}{% endif %}
    {{ return(
        '(select name, value from ' ~ own ~ ' union all select name, value from ' ~ usual
        ~ ' where name not in (select own_thresholds.name from ' ~ own ~ ' as own_thresholds))'
    ) }}
{% endmacro %}
