{#
    The column is not null, where there is the input that it comes from; null everywhere, where
    there is not.

    data_tests:
      - known_with:
          arguments: {input: transactions}
#}
{% test known_with(model, column_name, input) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} is {{ '' if customer_segmentation.has_input(input) else 'not ' }}null
{% endtest %}
