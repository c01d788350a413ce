-- One row per input, line class and reason: what became of every row of the inputs

select
    'transactions' as input,
    line_class,
    reject_reason as reason,
    count(*) as row_count,
    cast(coalesce(sum(amount), 0) as decimal(18, 4)) as amount
from {{ ref('stg_segmentation__transactions') }}
group by
    line_class,
    reject_reason

union all

select
    'customers' as input,
    line_class,
    reason,
    count(*) as row_count,
    cast(0 as decimal(18, 4)) as amount
from {{ ref('stg_segmentation__customers') }}
group by
    line_class,
    reason
