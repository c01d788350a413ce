-- One row per customer, month of their lines, and month in which that money leaves what trails it
{%- set periods = ['year'] + (['window'] if var('rfm_window_months') else []) %}

with lines as (

    select * from {{ ref('stg_segmentation__transactions') }}
    where line_class in ('sale', 'return')

),

days as (

    select * from {{ ref('int_segmentation__days_counted') }}

),

totals as (

    select
        lines.customer_id,
        days.month_end,
        {% for period in periods -%}
        days.leaves_{{ period }}_on,
        {% endfor -%}
        sum({{ customer_segmentation.line_revenue('lines.line_class', 'lines.amount') }})
            as revenue,
        count(case when lines.line_class = 'return' then 1 end) as return_line_count
    from lines
    inner join days on cast(lines.ordered_at as date) = days.ordered_on
    group by
        {% for period in periods -%}
        days.leaves_{{ period }}_on,
        {% endfor -%}
        lines.customer_id,
        days.month_end

)

select * from totals
