{#
    Every value lies from least to most, both included; nulls pass. NaN and infinity fail, because
    they compare as larger than any bound.

    data_tests:
      - within:
          arguments: {least: 0, most: 1}
#}
{% test within(model, column_name, least=none, most=none) %}
select {{ column_name }}
from {{ model }}
where
    {{ column_name }} = cast('nan' as {{ customer_segmentation.type_double() }})
    or {{ column_name }} = cast('infinity' as {{ customer_segmentation.type_double() }})
    {%- if least is not none %}
    or {{ column_name }} < {{ least }}
    {%- endif %}
    {%- if most is not none %}
    or {{ column_name }} > {{ most }}
    {%- endif %}
{% endtest %}
