-- One row per day with a line: how many there are, and the months that the day belongs to
{%- set begins = ['year'] + (['window'] if var('rfm_window_months') else []) %}

with lines as (

    select
        line_class,
        cast(ordered_at as date) as ordered_on
    from {{ ref('stg_segmentation__transactions') }}
    where line_class not in ('rejected', 'later')

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}

),

days as (

    select
        ordered_on,
        count(*) as line_count,
        count(case when line_class = 'guest' then 1 end) as guest_line_count,
        count(case when line_class in ('sale', 'return') then 1 end) as customer_line_count
    from lines
    group by ordered_on

),

placed as (

    select
        days.ordered_on,
        days.line_count,
        days.guest_line_count,
        days.customer_line_count,
        {% for period in begins -%}
        min(case when months.{{ period }}_begins_on > days.ordered_on then months.month_end end)
            as leaves_{{ period }}_on,
        {% endfor -%}
        min(case when months.month_end >= days.ordered_on then months.month_end end) as month_end,
        max(case when months.month_end < days.ordered_on then months.month_end end)
            as previous_month_end
    from days
    cross join months
    group by
        days.ordered_on,
        days.line_count,
        days.guest_line_count,
        days.customer_line_count

)

select * from placed
