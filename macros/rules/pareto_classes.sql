{#
    Pareto classes of customers by money: A for those who together make the first 80 % of it, B for
    the next 15 %, C for the rest. Who crosses an edge belongs above it, equal money has equal
    classes, and who brought none, or less, is C. The shares are thresholds.

        customer_id | money                {{ pareto_classes('buyers', 'money') }} adds
        a           |    70                value_class A   (from 0 % of the money)
        b           |    20                value_class A   (from 70 %, crosses 80 %)
        c           |    10                value_class B   (from 90 %)
        d           |    -5                value_class C

    relation: a CTE or relation with customer_id. money: its column, a decimal. partition_by:
    further columns within which classes are given, such as a month's end. Gives a SELECT of these
    columns, customer_id and value_class.
#}
{% macro pareto_classes(relation, money, partition_by=[]) %}
    {%- set group = (partition_by | join(', ') ~ ', ') if partition_by else '' -%}
    {%- set whole = ('partition by ' ~ partition_by | join(', ')) if partition_by else '' -%}

    with limits as (

        {{ customer_segmentation.thresholds(['value_a_share', 'value_b_share']) }}

    ),

    floored as (

        select
            {{ group }}customer_id,
            greatest({{ money }}, 0) as positive_money
        from {{ relation }}

    ),

    accumulated as (

        select
            *,
            sum(positive_money) over ({{ whole }}) as all_money,
            -- Up to here and with all that are equal; less these, the money of those above.
            sum(positive_money) over (
                {{ whole }} order by positive_money desc
                range between unbounded preceding and current row
            )
            - sum(positive_money) over (partition by {{ group }}positive_money) as money_above
        from floored

    )

    select
        {{ group }}customer_id,
        case
            when money_above < limits.value_a_share * all_money then 'A'
            when money_above < limits.value_b_share * all_money then 'B'
            else 'C'
        end as value_class
    from accumulated
    cross join limits
{% endmacro %}
