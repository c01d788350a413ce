-- One row per month and stability index: how far amounts lie from those of the three months before

with counted as (

    select * from {{ ref('int_segmentation__values_counted') }}

),

months as (

    select * from {{ ref('int_segmentation__months_listed') }}

),

limits as (

    {{ customer_segmentation.thresholds(['drift_max_bins', 'drift_min_expected']) }}

),

numbered as (

    select
        counted.measure,
        counted.value_step,
        counted.value_count,
        months.month_number
    from counted
    inner join months on counted.month_end = months.month_end

),

paired as (

    select
        months.month_end,
        numbered.measure,
        numbered.value_step,
        sum(
            case
                when numbered.month_number = months.month_number then numbered.value_count
                else 0
            end
        ) as value_count,
        sum(
            case
                when numbered.month_number < months.month_number then numbered.value_count
                else 0
            end
        ) as earlier_count
    from months
    inner join numbered
        on
            months.month_number >= numbered.month_number
            and months.month_number <= numbered.month_number + 3
    where
        months.is_complete
        and months.month_number > 3
    group by
        months.month_end,
        numbered.measure,
        numbered.value_step

),

totalled as (

    select
        *,
        sum(value_count) over (partition by month_end, measure) as sample_size,
        sum(earlier_count) over (partition by month_end, measure) as earlier_size,
        sum(earlier_count) over (
            partition by month_end, measure
            order by value_step asc nulls first rows unbounded preceding
        ) - earlier_count as smaller_count
    from paired

),

-- Equal parts of the earlier amounts; what is equal stays together.
parted as (

    select
        totalled.month_end,
        totalled.measure,
        totalled.sample_size,
        totalled.earlier_size,
        totalled.value_count,
        totalled.earlier_count,
        floor(
            totalled.smaller_count
            * least(
                limits.drift_max_bins,
                floor(
                    least(totalled.sample_size, totalled.earlier_size) / limits.drift_min_expected
                )
            )
            / nullif(totalled.earlier_size, 0)
        ) as part
    from totalled
    cross join limits

),

parts as (

    select
        month_end,
        measure,
        sample_size,
        earlier_size,
        part,
        sum(value_count) as value_count,
        sum(earlier_count) as earlier_count
    from parted
    group by
        month_end,
        measure,
        sample_size,
        earlier_size,
        part

),

-- A part of which ties have left too little joins the one below.
merged as (

    select
        parts.*,
        sum(
            case
                when
                    parts.earlier_count * least(parts.sample_size, parts.earlier_size)
                    >= limits.drift_min_expected * parts.earlier_size
                    then 1
                else 0
            end
        ) over (
            partition by parts.month_end, parts.measure
            order by parts.part asc rows unbounded preceding
        ) as bin
    from parts
    cross join limits

),

bins as (

    select
        month_end,
        measure,
        sample_size,
        earlier_size,
        count(*) over (partition by month_end, measure) as bin_count,
        -- Half a customer more in each bin, for an empty one has no logarithm.
        {{ customer_segmentation.ratio(
            '(sum(value_count) + 0.5)',
            '(sample_size + 0.5 * count(*) over (partition by month_end, measure))',
        ) }} as bin_share,
        {{ customer_segmentation.ratio(
            '(sum(earlier_count) + 0.5)',
            '(earlier_size + 0.5 * count(*) over (partition by month_end, measure))',
        ) }} as earlier_bin_share
    from merged
    group by
        month_end,
        measure,
        sample_size,
        earlier_size,
        bin

),

final as (

    select
        month_end,
        measure,
        sample_size,
        earlier_size,
        bin_count,
        cast(
            sum(
                cast(
                    (bin_share - earlier_bin_share) * ln(bin_share / earlier_bin_share)
                    as decimal(18, 9)
                )
            )
            as {{ customer_segmentation.type_double() }}
        ) as stability_index,
        (bin_count - 1) * (
            {{ customer_segmentation.ratio('1', 'sample_size') }}
            + {{ customer_segmentation.ratio('1', 'earlier_size') }}
        ) as noise_floor
    from bins
    where bin_count > 1
    group by
        month_end,
        measure,
        sample_size,
        earlier_size,
        bin_count

)

select * from final
