-- One row per day of the months from the first order to the as-of date

with months as (

    select * from {{ ref('int_segmentation__months_listed') }}

),

-- Six weeks: the last 4-4-5 period of a year with a 53rd week.
numbers as (

    {{ dbt.generate_series(42) }}

),

days as (

    select
        months.month_end,
        cast(
            {{ dbt.dateadd(
                'day', 'cast(numbers.generated_number as integer) - 1', 'months.starts_on'
            ) }} as date
        ) as day_on
    from months
    cross join numbers

)

select day_on
from days
where day_on <= month_end
