-- One row per month-end and measure: its value, where it usually lies, and whether it does
{%- set in_order = 'partition by measure order by month_number' %}

with judged as (

    select * from {{ ref('int_segmentation__flows_judged') }}

),

migrations as (

    select * from {{ ref('segment_migrations') }}

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}

),

segments as (

    select
        segmentation,
        segment,
        segment_key
    from {{ ref('segment_directory') }}

),

totals as (

    select
        month_end,
        segmentation,
        sum(customers) as customer_count
    from migrations
    group by
        month_end,
        segmentation

),

members as (

    select
        month_end,
        to_segment_key,
        sum(customers) as member_count
    from migrations
    group by
        month_end,
        to_segment_key

),

-- Lines and days, and indexes over many bins, tell of no few customers.
flows as (

    select
        month_number,
        month_end,
        cast(null as {{ dbt.type_string() }}) as segmentation,
        cast(null as {{ dbt.type_string() }}) as segment,
        measure,
        measure_type,
        cast(case
            when measure = 'new_customers' then measured
            when measure_type = 'flow'
                then max(case when measure = 'active_customers' then measured end)
                    over (partition by month_end)
        end as {{ dbt.type_bigint() }}) as customers,
        measured,
        noise_floor,
        band_low,
        band_high,
        verdict
    from judged

),

-- Also a segment that nobody is in this month has a share, of zero.
shares as (

    select
        months.month_number,
        totals.month_end,
        totals.segmentation,
        segments.segment,
        segments.segment_key as measure,
        'segment share' as measure_type,
        cast(coalesce(members.member_count, 0) as {{ dbt.type_bigint() }}) as customers,
        {{ customer_segmentation.ratio(
            'coalesce(members.member_count, 0)', 'totals.customer_count'
        ) }} as measured,
        cast(null as {{ customer_segmentation.type_double() }}) as noise_floor,
        cast(null as {{ customer_segmentation.type_double() }}) as band_low,
        cast(null as {{ customer_segmentation.type_double() }}) as band_high,
        'reported' as verdict
    from totals
    inner join months on totals.month_end = months.month_end
    inner join segments on totals.segmentation = segments.segmentation
    left join members
        on
            totals.month_end = members.month_end
            and segments.segment_key = members.to_segment_key

),

measures as (

    select * from flows
    union all
    select * from shares

),

compared as (

    select
        *,
        lag(measured) over ({{ in_order }}) as previous_value,
        lag(customers) over ({{ in_order }}) as previous_customers,
        lag(measured, 12) over ({{ in_order }}) as last_year_value,
        lag(customers, 12) over ({{ in_order }}) as last_year_customers
    from measures

),

final as (

    select
        compared.month_end,
        compared.measure,
        compared.measure_type,
        compared.segmentation,
        compared.segment,
        compared.measured as value,
        compared.previous_value,
        compared.last_year_value,
        compared.customers,
        compared.previous_customers,
        compared.last_year_customers,
        {{ customer_segmentation.ratio(
            '(compared.measured - compared.previous_value)', 'compared.previous_value'
        ) }} as change_to_previous,
        {{ customer_segmentation.ratio(
            '(compared.measured - compared.last_year_value)', 'compared.last_year_value'
        ) }} as change_to_last_year,
        compared.band_low,
        compared.band_high,
        compared.noise_floor,
        compared.verdict
    from compared
    inner join months on compared.month_end = months.month_end
    where months.is_in_history

)

select * from final
