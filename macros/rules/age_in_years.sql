{#
    Whole years from a date of birth to a day, as people count them: who was born on 29 February
    grows older on 1 March where there is no such day.

    {{ age_in_years("date '1964-02-29'", "date '2024-02-28'") }}   ->   59

    born_on, day: SQL date expressions.
#}
{% macro age_in_years(born_on, day) -%}
    extract(year from {{ day }}) - extract(year from {{ born_on }})
    - case
        when
            extract(month from {{ day }}) * 100 + extract(day from {{ day }})
            < extract(month from {{ born_on }}) * 100 + extract(day from {{ born_on }})
            then 1
        else 0
    end
{%- endmacro %}
