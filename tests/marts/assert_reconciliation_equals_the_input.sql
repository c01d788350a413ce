-- Rows and money of all line classes add up to the input's own, summed from its text
{%- set mapping = customer_segmentation.transaction_columns() %}

with input_rows as (

    select
        {% if 'amount' in mapping -%}
        {{ customer_segmentation.decimal_or_null('trim(amount)', 18, 4) }}
        {%- else -%}
        round(
            {{ customer_segmentation.decimal_or_null('trim(quantity)', 18, 4) }}
            * {{ customer_segmentation.decimal_or_null('trim(unit_price)', 18, 6) }},
            4
        )
        {%- endif %} as amount
    from {{ ref('stg_segmentation__transactions_mapped') }}

),

input_totals as (

    select
        count(*) as row_count,
        coalesce(sum(
            case
                when abs(amount) <= {{ customer_segmentation.threshold('max_line_amount') }} then amount
            end
        ), 0) as amount
    from input_rows

),

class_totals as (

    select
        coalesce(sum(row_count), 0) as row_count,
        coalesce(sum(amount), 0) as amount
    from {{ ref('input_reconciliation') }}
    where input = 'transactions'

)

select *
from input_totals
cross join class_totals
where
    input_totals.row_count <> class_totals.row_count
    or input_totals.amount <> class_totals.amount
