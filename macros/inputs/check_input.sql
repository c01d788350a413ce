{#
    Writes down what an input looks like, for check-input: the table input_sample with its first
    rows and the types that the database gives the columns, and input_counts with one row.

    input_counts:    row_count | filled_1 | filled_2 …   rows in all, and with a text in column 1 …

    dbt run-operation describe_input
#}
{% macro describe_input(rows=5000) %}
    {% set relation = customer_segmentation.input_relation('transactions') %}
    {% set counts = ['count(*) as row_count'] %}
    {% for heading in customer_segmentation.input_headings(relation) %}
        {% set text = customer_segmentation.input_text(heading, {}) %}
        {% do counts.append("count(nullif(trim(" ~ text ~ "), '')) as filled_" ~ loop.index) %}
    {% endfor %}
    {% do run_query(
        'create or replace table ' ~ target.schema ~ '.input_sample as select * from ' ~ relation
        ~ ' as input_rows limit ' ~ rows
    ) %}
    {% do run_query(
        'create or replace table ' ~ target.schema ~ '.input_counts as select '
        ~ counts | join(', ') ~ ' from ' ~ relation ~ ' as input_rows'
    ) %}
{% endmacro %}

{#
    Writes down, for check-input, how much there is to segment: the table input_measures with one
    row. Customers with a sale, days from the first sale to the last, customers who came back, and
    the thresholds of each.

    dbt run-operation measure_input
#}
{% macro measure_input() %}
    {% set thresholds =
        ['min_customers', 'min_days', 'min_repeat_orders', 'min_repeat_customers'] %}
    {% set query %}
        with sales as (

            select
                customer_id,
                order_id,
                cast(ordered_at as date) as ordered_on
            from {{ ref('customer_segmentation', 'stg_segmentation__transactions') }}
            where line_class = 'sale'

        ),

        customers as (

            select
                customer_id,
                count(distinct order_id) as order_count,
                min(ordered_on) as first_ordered_on,
                max(ordered_on) as last_ordered_on
            from sales
            group by customer_id

        )

        select
            count(*) as customers,
            {{ dbt.datediff('min(first_ordered_on)', 'max(last_ordered_on)', 'day') }} + 1 as days,
            count(
                case
                    when order_count >= {{ customer_segmentation.threshold('min_repeat_orders') }}
                        then 1
                end
            ) as repeat_customers,
            {% for name in thresholds -%}
            {{ customer_segmentation.threshold(name) }} as {{ name }}{{ ',' if not loop.last }}
            {% endfor -%}
        from customers
    {% endset %}
    {% do run_query('create or replace table ' ~ target.schema ~ '.input_measures as ' ~ query) %}
{% endmacro %}
