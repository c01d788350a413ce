-- One row per input, line class and reason: what became of every row of the input

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
