-- Gate: a column of which most values cannot be read is another one than the mapping says
{%- set numbers = customer_segmentation.psychographic_columns()
    + customer_segmentation.attribute_columns('number') %}
{#- Where the value of a column stands, if not under its own name. #}
{%- set values = {'birth_date': 'age'} %}
{#- A consent that cannot be read is there, as a refusal. #}
{%- set consents = ['marketing_allowed', 'profiling_allowed'] %}

with customers as (

    select * from {{ ref('stg_segmentation__customers') }}
    where line_class <> 'rejected'

),

counted as (

    {% for column in ['birth_date', 'age', 'annual_income', 'signed_up_on'] + numbers -%}
    select
        '{{ column }}' as column_name,
        count(case when reason like '%{{ column }} unreadable%' then 1 end) as unreadable_count,
        count({{ values.get(column, column) }}) as read_count
    from customers
    union all
    {% endfor -%}
    {% for column in consents -%}
    select
        '{{ column }}' as column_name,
        count(case when reason like '%{{ column }} unreadable%' then 1 end) as unreadable_count,
        count({{ column }}) - count(case when reason like '%{{ column }} unreadable%' then 1 end)
            as read_count
    from customers
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

worst as (

    select
        min(column_name) as column_name,
        max(unreadable_count) as unreadable_count
    from counted
    where unreadable_count > read_count

)

{{ customer_segmentation.gate(
    'worst',
    'column_name is not null',
    "'Most values of ' || column_name || ' in customers cannot be read: correct the input, its '
        || 'mapping, or the vars date_format and decimal_separator; list a text in '
        || 'attribute_columns, and ways of consenting in a profile_values of your own.'",
) }}
