{#
    The date as of which customers are measured: the var as_of_date, or the day after the last order
    in the data. Never today: the same data must give the same scores tomorrow.

    relation: a relation or CTE with ordered_at and line_class. Gives a SELECT of one row:
    as_of_date, oldest_on and newest_on (the days of the first and the last order) and bulk_ends_on
    (the first day by which 99.9 % of the rows lie), all null where no row has a date.
#}
{% macro as_of(relation) %}
    {%- set fixed = customer_segmentation.as_of_date_setting() -%}

    with days as (

        select
            cast(ordered_at as date) as ordered_on,
            count(*) as row_count
        from {{ relation }}
        where
            ordered_at is not null
            and line_class not in ('rejected', 'later')
        group by cast(ordered_at as date)

    ),

    running as (

        select
            ordered_on,
            sum(row_count) over (order by ordered_on rows unbounded preceding) as rows_so_far,
            sum(row_count) over () as rows_in_all
        from days

    )

    select
        {% if fixed -%}
        cast('{{ fixed }}' as date)
        {%- else -%}
        cast({{ dbt.dateadd('day', 1, 'max(ordered_on)') }} as date)
        {%- endif %} as as_of_date,
        min(ordered_on) as oldest_on,
        max(ordered_on) as newest_on,
        min(case when rows_so_far * 1000 >= rows_in_all * 999 then ordered_on end) as bulk_ends_on
    from running
{% endmacro %}
