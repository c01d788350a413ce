-- One row per month from the first order to the as-of date: calendar months, or 4-4-5 periods
{%- set fiscal_month = var('fiscal_year_month') %}

with as_of as (

    select * from {{ ref('stg_segmentation__as_of') }}
    where oldest_on is not null

),

-- Two hundred years of months: dates of orders lie from 1900 to 2099.
numbers as (

    {{ dbt.generate_series(2412) }}

),

{% if fiscal_month -%}
-- A fiscal year begins with the Monday nearest to the first of its month: that of the week of the
-- fourth.
fourths as (

    select cast(
        {{ dbt.dateadd(
            'year', 'cast(numbers.generated_number as integer) - 2',
            "cast('1900-%02d-04' as date)" | format(fiscal_month | int),
        ) }} as date
    ) as fourth_on
    from numbers
    where numbers.generated_number <= 203

),

years as (

    select cast(
        {{ dbt.dateadd(
            'day', '1 - ' ~ customer_segmentation.weekday_number('fourth_on'), 'fourth_on'
        ) }} as date
    ) as starts_on
    from fourths

),

followed_years as (

    select
        starts_on,
        lead(starts_on) over (order by starts_on) as next_starts_on
    from years

),

-- The year's last period takes the 53rd week where there is one.
all_months as (

    {% for weeks in [4, 8, 13, 17, 21, 26, 30, 34, 39, 43, 47] -%}
    select cast({{ dbt.dateadd('day', weeks * 7 - 1, 'starts_on') }} as date) as month_end
    from followed_years
    union all
    {% endfor -%}
    select cast({{ dbt.dateadd('day', -1, 'next_starts_on') }} as date) as month_end
    from followed_years
    where next_starts_on is not null

),
{%- else -%}
all_months as (

    select {{ dbt.last_day(
        dbt.dateadd(
            'month', 'cast(numbers.generated_number as integer) - 1', "cast('1899-12-01' as date)"
        ),
        'month',
    ) }} as month_end
    from numbers

),
{%- endif %}

followed as (

    select
        month_end,
        lag(month_end) over (order by month_end) as previous_month_end
    from all_months

),

-- The last one may still be running.
listed as (

    select
        followed.month_end,
        followed.previous_month_end,
        as_of.as_of_date,
        row_number() over (order by followed.month_end) as month_number,
        followed.month_end <= as_of.as_of_date as is_complete
    from followed
    cross join as_of
    where
        followed.month_end >= as_of.oldest_on
        and followed.previous_month_end < as_of.as_of_date

),

numbered as (

    select
        *,
        sum(case when is_complete then 1 else 0 end) over () - month_number as months_since
    from listed

),

final as (

    select
        month_end,
        cast({{ dbt.dateadd('day', 1, 'previous_month_end') }} as date) as starts_on,
        previous_month_end,
        cast(month_number as {{ dbt.type_bigint() }}) as month_number,
        is_complete,
        is_complete and months_since < {{ var('history_months') }} as is_in_history,
        -- Two more, so that also the history's first month is compared with those before it.
        is_complete and months_since < {{ var('history_months') }} + 2 as is_measured,
        {% if var('rfm_window_months') -%}
        {{ customer_segmentation.trailing_months_begin('month_end', var('rfm_window_months')) }}
            as window_begins_on,
        {% endif -%}
        {{ customer_segmentation.trailing_months_begin('month_end', 12) }} as year_begins_on
    from numbered

)

select * from final
