-- Gate: of two records of one customer, nobody can say which is right
with repeated as (

    select
        customer_id,
        count(*) as record_count
    from {{ ref('stg_segmentation__customers') }}
    where customer_id is not null
    group by customer_id
    having count(*) > 1

),

numbered as (

    select
        *,
        row_number() over (order by record_count desc, customer_id asc) as example_number
    from repeated

),

totals as (

    select
        count(*) as customer_count,
        {{ customer_segmentation.join_texts(
            "case when example_number <= 3 then customer_id end", "', '", 'example_number'
        ) }} as examples
    from numbered

)

{{ customer_segmentation.gate(
    'totals',
    'customer_count > 0',
    "'Some ids have more than one row in customers (' || customer_count || ', such as ' || examples
        || '): keep one row for each customer.'",
) }}
