-- One row per complete month and measure: its change against earlier ones, control band and verdict
{%- set in_order = 'partition by measure order by month_number' %}
{%- set three_before = in_order ~ ' rows between 3 preceding and 1 preceding' %}

with flows as (

    select * from {{ ref('int_segmentation__flows_measured') }}

),

limits as (

    {{ customer_segmentation.thresholds([
        'drift_min_changes', 'drift_spreads', 'drift_min_change', 'drift_min_share_change',
        'drift_min_index_change',
    ]) }}

),

-- One month that was unusual must not make the next three so: hence a median.
based as (

    select
        *,
        {{ customer_segmentation.drift_scaled('measured', 'scale') }} as scaled,
        case
            when scale = 'index' then 0
            when month_number > 3 then {{ customer_segmentation.drift_scaled(
                customer_segmentation.running_median('measured', three_before), 'scale'
            ) }}
        end as base,
        sum(sample_size) over ({{ three_before }}) as earlier_size
    from flows

),

changed as (

    select
        *,
        scaled - base as change,
        lag(scaled - base, 12) over ({{ in_order }}) as last_year_change,
        -- What chance alone moves: the standard error of the change.
        deviation * sqrt(
            {{ customer_segmentation.ratio('1', 'greatest(coalesce(sample_size, 0), 1)') }}
            + {{ customer_segmentation.ratio('1', 'greatest(coalesce(earlier_size, 0), 1)') }}
        ) as chance
    from based

),

pairs as (

    select
        changed.measure,
        changed.month_number,
        earlier.change
    from changed
    inner join changed as earlier
        on
            changed.measure = earlier.measure
            and changed.month_number > earlier.month_number
    where earlier.change is not null

),

usual as (

    select
        measure,
        month_number,
        count(*) as change_count,
        {{ customer_segmentation.median('change') }} as usual_change
    from pairs
    group by
        measure,
        month_number

),

spreads as (

    select
        pairs.measure,
        pairs.month_number,
        usual.change_count,
        usual.usual_change,
        1.4826 * {{ customer_segmentation.median('abs(pairs.change - usual.usual_change)') }}
            as spread
    from pairs
    inner join usual
        on
            pairs.measure = usual.measure
            and pairs.month_number = usual.month_number
    group by
        pairs.measure,
        pairs.month_number,
        usual.change_count,
        usual.usual_change

),

-- From no change at all to the usual one, or to the step that was seen a year ago.
centred as (

    select
        changed.*,
        changed.base + least(0, spreads.usual_change, coalesce(changed.last_year_change, 0))
            as low_centre,
        changed.base + greatest(
            0,
            spreads.usual_change,
            coalesce(changed.last_year_change, 0),
            coalesce(sqrt(changed.noise_floor), 0)
        ) as high_centre,
        limits.drift_spreads * greatest(spreads.spread, changed.chance) as reach,
        limits.drift_min_change,
        case changed.scale
            when 'share' then limits.drift_min_share_change
            when 'index' then limits.drift_min_index_change
        end as least_change,
        coalesce(spreads.change_count, 0) >= limits.drift_min_changes as has_history
    from changed
    cross join limits
    left join spreads
        on
            changed.measure = spreads.measure
            and changed.month_number = spreads.month_number

),

banded as (

    select
        *,
        case
            when scale = 'days' or scale = 'index' then 0
            when scale = 'ratio'
                then least(exp(low_centre - reach), exp(low_centre) / (1 + drift_min_change))
            when scale = 'share'
                then greatest(
                    least(
                        {{ customer_segmentation.drift_unscaled('low_centre - reach', 'scale') }},
                        {{ customer_segmentation.drift_unscaled('low_centre', 'scale') }}
                        - least_change
                    ),
                    0
                )
        end as low,
        case
            when scale = 'days' then 0
            when scale = 'ratio'
                then greatest(exp(high_centre + reach), exp(high_centre) * (1 + drift_min_change))
            else
                greatest(
                    {{ customer_segmentation.drift_unscaled('high_centre + reach', 'scale') }},
                    {{ customer_segmentation.drift_unscaled('high_centre', 'scale') }}
                    + least_change
                )
        end as high
    from centred

),

final as (

    select
        month_number,
        month_end,
        measure,
        measure_type,
        measured,
        noise_floor,
        case when scale = 'days' or has_history then low end as band_low,
        case when scale = 'days' or has_history then high end as band_high,
        case
            when scale is null then 'reported'
            when measured is null then 'too little history'
            when scale <> 'days' and (not has_history or low is null or high is null)
                then 'too little history'
            when measured < low or measured > high then 'unusual'
            else 'usual'
        end as verdict
    from banded

)

select * from final
