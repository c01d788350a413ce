-- One row per complete month and measure: where it usually lies, and the verdict
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
        scaled - base as movement,
        lag(scaled - base, 12) over ({{ in_order }}) as last_year_movement,
        -- What chance alone moves: the standard error of a change.
        deviation * sqrt(
            {{ customer_segmentation.ratio('1', 'greatest(coalesce(sample_size, 0), 1)') }}
            + {{ customer_segmentation.ratio('1', 'greatest(coalesce(earlier_size, 0), 1)') }}
        ) as chance
    from based

),

-- Each month with those before it.
pairs as (

    select
        changed.measure,
        changed.month_number,
        earlier.movement,
        earlier.movement - earlier.last_year_movement as yearly_movement
    from changed
    inner join changed as earlier
        on
            changed.measure = earlier.measure
            and changed.month_number > earlier.month_number
    where earlier.movement is not null

),

usual as (

    select
        measure,
        month_number,
        count(*) as change_count,
        count(yearly_movement) as yearly_count,
        {{ customer_segmentation.median('movement') }} as usual_movement
    from pairs
    group by
        measure,
        month_number

),

deviations as (

    select
        pairs.measure,
        pairs.month_number,
        usual.change_count,
        usual.yearly_count,
        usual.usual_movement,
        1.4826 * {{ customer_segmentation.median('abs(pairs.movement - usual.usual_movement)') }}
            as spread,
        1.4826 * {{ customer_segmentation.median('abs(pairs.yearly_movement)') }} as yearly_spread
    from pairs
    inner join usual
        on
            pairs.measure = usual.measure
            and pairs.month_number = usual.month_number
    group by
        pairs.measure,
        pairs.month_number,
        usual.change_count,
        usual.yearly_count,
        usual.usual_movement

),

-- Where a month changes as it did a year before, it is from there that changes stray.
spreads as (

    select
        deviations.measure,
        deviations.month_number,
        deviations.usual_movement,
        case
            when deviations.yearly_count >= limits.drift_min_changes
                then least(deviations.spread, deviations.yearly_spread)
            else deviations.spread
        end as spread
    from deviations
    cross join limits
    where deviations.change_count >= limits.drift_min_changes

),

-- From no change at all to the usual one, or to the step that was seen a year ago.
centred as (

    select
        changed.*,
        changed.base + least(0, spreads.usual_movement, coalesce(changed.last_year_movement, 0))
            as low_centre,
        changed.base + greatest(
            0,
            spreads.usual_movement,
            coalesce(changed.last_year_movement, 0),
            coalesce(sqrt(changed.noise_floor), 0)
        ) as high_centre,
        limits.drift_spreads * greatest(spreads.spread, changed.chance) as reach,
        changed.measured is not null
        and (
            changed.scale = 'days'
            or (changed.base is not null and spreads.spread is not null)
        ) as is_judged,
        -- Amounts and counts must move by a share of themselves, the others by a difference.
        case
            when changed.scale in ('amount', 'count') then ln(1 + limits.drift_min_change)
            else 0
        end as least_reach,
        case changed.scale
            when 'share' then limits.drift_min_share_change
            when 'index' then limits.drift_min_index_change
            else 0
        end as least_change
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
        case scale
            when 'days' then 0
            else greatest(least(
                {{ customer_segmentation.drift_unscaled('low_centre - reach', 'scale') }},
                {{ customer_segmentation.drift_unscaled('low_centre - least_reach', 'scale') }}
                - least_change
            ), 0)
        end as lowest,
        case scale
            when 'days' then 0
            else greatest(
                {{ customer_segmentation.drift_unscaled('high_centre + reach', 'scale') }},
                {{ customer_segmentation.drift_unscaled('high_centre + least_reach', 'scale') }}
                + least_change
            )
        end as highest
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
        case when is_judged then lowest end as band_low,
        case when is_judged then highest end as band_high,
        case
            when scale is null then 'reported'
            when not is_judged then 'too little history'
            when measured < lowest or measured > highest then 'unusual'
            else 'usual'
        end as verdict
    from banded

)

select * from final
