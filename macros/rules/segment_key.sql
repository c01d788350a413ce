{#
    One text column that identifies a segment, for tools that join on one column only.

    {{ segment_key("'rfm'", "'Champions'") }}   ->   rfm:Champions
#}
{% macro segment_key(segmentation, segment) -%}
    {{ dbt.concat([segmentation, "':'", segment]) }}
{%- endmacro %}
