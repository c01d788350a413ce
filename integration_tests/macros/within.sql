{# A test of the shop's own that bears the name of one of the package's. #}
{% test within(model, column_name, words) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} not in ('{{ words | join("', '") }}')
{% endtest %}
