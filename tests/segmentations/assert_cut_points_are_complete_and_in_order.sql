-- Each measure has a cut point for each score from 2 on, and a better score asks for a better value
{{ config(enabled=var('rfm_scoring') == 'thresholds') }}

with cut_points as (

    select
        measure,
        score,
        case when measure = 'recency_days' then -1 * cut_point else cut_point end as at_least
    from {{ customer_segmentation.seed_relation('rfm_cut_points') }}

),

compared as (

    select
        measure,
        score,
        at_least,
        lag(at_least) over (
            partition by measure
            order by score
        ) as worse_at_least
    from cut_points

),

counted as (

    select
        measure,
        count(*) as score_count,
        min(score) as lowest_score,
        max(score) as highest_score,
        count(case when at_least <= worse_at_least then 1 end) as disorder_count
    from compared
    group by measure

),

measures as (

    select 'recency_days' as measure
    union all
    select 'frequency' as measure
    union all
    select 'monetary' as measure

)

select measures.measure
from measures
left join counted on measures.measure = counted.measure
where
    coalesce(counted.score_count, 0) <> {{ var('rfm_bins') - 1 }}
    or counted.lowest_score <> 2
    or counted.highest_score <> {{ var('rfm_bins') }}
    or counted.disorder_count > 0
