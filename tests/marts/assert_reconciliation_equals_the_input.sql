-- Rows and money of all line classes add up to the input's own, summed from its text
{%- set separator = customer_segmentation.input_setting('decimal_separator', 'transactions') %}

with tidied as (

    select
        {{ customer_segmentation.tidy_number('amount', separator) }} as amount,
        {{ customer_segmentation.tidy_number('quantity', separator) }} as quantity,
        {{ customer_segmentation.tidy_number('unit_price', separator) }} as unit_price
    from {{ ref('stg_segmentation__transactions_mapped') }}

),

input_rows as (

    select
        {{ customer_segmentation.decimal_or_null('amount', 18, 4) }} as given_amount,
        {{ customer_segmentation.decimal_or_null('quantity', 18, 4) }} as quantity,
        {{ customer_segmentation.decimal_or_null('unit_price', 18, 6) }} as unit_price
    from tidied

),

input_totals as (

    select
        count(*) as row_count,
        coalesce(
            sum({{ customer_segmentation.line_amount('given_amount', 'quantity', 'unit_price') }}),
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
