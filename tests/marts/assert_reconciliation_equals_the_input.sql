-- Rows and money of all line classes add up to the input's own, from its text and the rates
-- rates convert it, at the newest rate of each day, which is looked up here in a way of its own
{%- set separator = customer_segmentation.input_setting('decimal_separator', 'transactions') %}
{%- set has_rates = customer_segmentation.has_exchange_rates() %}
{%- set money = 'amount' if 'amount' in customer_segmentation.input_columns('transactions')
    else 'unit_price' %}

with tidied as (

    select
        {% if has_rates -%}
        coalesce(
            upper(nullif({{ customer_segmentation.trim_spaces('currency') }}, '')),
            {{ customer_segmentation.currency_or_null(money) }}
        ) as currency,
        cast({{ customer_segmentation.timestamp_in_format(
            customer_segmentation.trim_spaces('ordered_at'),
            '(select date_format from ' ~ ref('stg_segmentation__date_format') ~ ')',
        ) }} as date) as ordered_on,
        {% endif -%}
        {{ customer_segmentation.tidy_number('amount', separator) }} as amount,
        {{ customer_segmentation.tidy_number('quantity', separator) }} as quantity,
        {{ customer_segmentation.tidy_number('unit_price', separator) }} as unit_price
    from {{ ref('stg_segmentation__transactions_mapped') }}

),

{% if has_rates -%}
exchange_rates as (

    select * from {{ ref('stg_segmentation__exchange_rates') }}

),

currency_days as (

    select distinct
        currency,
        ordered_on
    from tidied

),

newest_rates as (

    select
        currency_days.currency,
        currency_days.ordered_on,
        max(exchange_rates.valid_from) as valid_from
    from currency_days
    inner join exchange_rates
        on
            currency_days.currency = exchange_rates.currency
            and currency_days.ordered_on >= exchange_rates.valid_from
    group by
        currency_days.currency,
        currency_days.ordered_on

),

{% endif -%}
input_rows as (

    select
        {% if has_rates -%}
        exchange_rates.rate,
        {% endif -%}
        {{ customer_segmentation.decimal_or_null('tidied.amount', 18, 4) }} as given_amount,
        {{ customer_segmentation.decimal_or_null('tidied.quantity', 18, 4) }} as quantity,
        {{ customer_segmentation.decimal_or_null('tidied.unit_price', 18, 6) }} as unit_price
    from tidied
    {%- if has_rates %}
    left join newest_rates
        on
            tidied.currency = newest_rates.currency
            and tidied.ordered_on = newest_rates.ordered_on
    left join exchange_rates
        on
            newest_rates.currency = exchange_rates.currency
            and newest_rates.valid_from = exchange_rates.valid_from
    {%- endif %}

),

input_totals as (

    select
        count(*) as row_count,
        coalesce(
            sum(
                {{ customer_segmentation.line_amount(
                    'given_amount', 'quantity', 'unit_price', 'rate' if has_rates else none
                ) }}
            ),
            0
        ) as amount
    from input_rows

),

class_totals as (

    select
        coalesce(sum(row_count), 0) as row_count,
        coalesce(sum(amount), 0) as amount
    from {{ ref('input_reconciliation') }}
    where input = 'transactions'

)

select
    input_totals.row_count,
    input_totals.amount,
    class_totals.row_count as class_row_count,
    class_totals.amount as class_amount
from input_totals
cross join class_totals
where
    input_totals.row_count <> class_totals.row_count
    or input_totals.amount <> class_totals.amount
