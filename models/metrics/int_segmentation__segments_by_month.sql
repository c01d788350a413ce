-- One row per customer, month-end and segmentation: the segment then, and at the month-end before

with months as (

    {{ customer_segmentation.months_unpivoted() }}

),

held as (

    select
        customer_id,
        month_end,
        segmentation,
        {{ customer_segmentation.segment_key('segmentation', 'segment') }} as segment_key,
        {{ customer_segmentation.segment_key('segmentation', 'previous_segment') }}
            as previous_segment_key,
        frequency,
        revenue_12_months
    from months

),

month_ends as (

    select distinct month_end
    from held

),

segments as (

    select distinct
        segmentation,
        segment_key
    from held

),

-- A row of nobody for each segment of a month: else the last month of a segment that is empty now
-- would be the last one that had somebody.
filled as (

    select * from held
    union all
    select
        null as customer_id,
        month_ends.month_end,
        segments.segmentation,
        segments.segment_key,
        null as previous_segment_key,
        null as frequency,
        null as revenue_12_months
    from month_ends
    cross join segments

),

-- Counted without its segmentation, a customer who moved in several counts once in the month.
final as (

    select
        *,
        case when frequency > 1 then 1 when frequency = 1 then 0 end as is_repeat_buyer,
        case
            when segment_key <> previous_segment_key
                then {{ dbt.concat(
                    ['customer_id', "' '", 'cast(month_end as ' ~ dbt.type_string() ~ ')']
                ) }}
        end as moved_customer_month
    from filled

)

select * from final
