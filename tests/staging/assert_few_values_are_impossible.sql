-- Values of the customers that are null because they cannot be: many of one kind mean a wrong
-- mapping, or a column that is not what it says
{{ config(severity='warn') }}

with customers as (

    select * from {{ ref('stg_segmentation__customers') }}

),

totals as (

    select count(*) as row_count
    from customers

)

select
    customers.reason,
    count(*) as row_count
from customers
cross join totals
where customers.line_class = 'corrected'
group by
    customers.reason,
    totals.row_count
having count(*) > {{ var('max_rejected_share') }} * totals.row_count
