-- Rows of all classes of the customers add up to the input's own
with mapped as (

    {{ customer_segmentation.customers_mapped() }}

),

input_totals as (

    select count(*) as row_count
    from mapped

),

class_totals as (

    select coalesce(sum(row_count), 0) as row_count
    from {{ ref('input_reconciliation') }}
    where input = 'customers'

)

select
    input_totals.row_count,
    class_totals.row_count as class_row_count
from input_totals
cross join class_totals
where input_totals.row_count <> class_totals.row_count
