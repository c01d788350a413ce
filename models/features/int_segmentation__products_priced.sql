-- One row per product and calendar year: the price that most of its sale lines stay below

with lines as (

    select * from {{ ref('stg_segmentation__transactions') }}
    where
        line_class = 'sale'
        and product_id is not null
        and unit_price > 0

),

objectors as (

    select customer_id
    from {{ ref('stg_segmentation__customers') }}
    where not profiling_allowed

)

-- Of one year, so that last year's price is no bargain because prices have risen.
select
    lines.product_id,
    extract(year from lines.ordered_at) as price_year,
    cast(
        percentile_disc(0.9) within group (order by lines.unit_price) as decimal(18, 6)
    ) as high_price
from lines
left join objectors on lines.customer_id = objectors.customer_id
where objectors.customer_id is null
group by
    lines.product_id,
    extract(year from lines.ordered_at)
