-- Every rejected row that the reconciliation counts is kept with its text, reason by reason
with kept as (

    select
        reason,
        count(*) as row_count
    from {{ ref('rejected_transactions') }}
    group by reason

),

counted as (

    select
        reason,
        row_count
    from {{ ref('input_reconciliation') }}
    where
        input = 'transactions'
        and line_class = 'rejected'

)

select
    counted.reason,
    counted.row_count,
    kept.row_count as kept_row_count
from kept
full outer join counted on kept.reason = counted.reason
where kept.row_count is distinct from counted.row_count
