{#
    The condition is true on every row; false and null fail.

    data_tests:
      - holds:
          arguments: {condition: gross_amount - return_amount = net_amount}
#}
{% test holds(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
