{#
    No two rows share the same values in the columns. Fails with the combinations that recur.

    data_tests:
      - unique_by:
          arguments: {columns: [customer_id, segmentation]}
#}
{% test unique_by(model, columns) %}
select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
