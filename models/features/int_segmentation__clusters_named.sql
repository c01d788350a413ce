-- One row per feature set and cluster: its name, told by what sets its centroid apart

with centroids as (

    select * from {{ ref('int_segmentation__centroids_chosen') }}

),

feature_sets as (

    select * from {{ ref('int_segmentation__feature_sets_listed') }}

),

cluster_words as (

    select * from {{ customer_segmentation.seed_relation('cluster_words') }}

),

cluster_counts as (

    select
        feature_set,
        count(distinct cluster_id) as cluster_count
    from centroids
    group by feature_set

),

described as (

    select
        centroids.feature_set,
        centroids.cluster_id,
        feature_sets.feature_position,
        case
            when centroids.z_score >= {{ customer_segmentation.threshold('cluster_name_cutoff') }}
                then coalesce(
                    cluster_words.high_word, 'high ' || replace(centroids.feature, '_', ' ')
                )
            when centroids.z_score <= -{{ customer_segmentation.threshold('cluster_name_cutoff') }}
                then coalesce(
                    cluster_words.low_word, 'low ' || replace(centroids.feature, '_', ' ')
                )
        end as word
    from centroids
    inner join feature_sets
        on
            centroids.feature_set = feature_sets.feature_set
            and centroids.feature = feature_sets.feature
    left join cluster_words on centroids.feature = cluster_words.feature

),

worded as (

    select
        feature_set,
        cluster_id,
        {{ dbt.listagg('word', "', '", 'order by feature_position') }} as words
    from described
    group by
        feature_set,
        cluster_id

),

named as (

    select
        worded.feature_set,
        worded.cluster_id,
        case
            when cluster_counts.cluster_count = 1 then 'All customers'
            when worded.words is null then 'Average customers'
            else upper(substring(worded.words, 1, 1)) || substring(worded.words, 2)
        end as cluster_name
    from worded
    inner join cluster_counts on worded.feature_set = cluster_counts.feature_set

),

numbered as (

    select
        *,
        row_number() over (
            partition by feature_set, cluster_name
            order by cluster_id
        ) as name_number
    from named

),

final as (

    select
        feature_set,
        cluster_id,
        case
            when name_number = 1 then cluster_name
            else cluster_name || ' (' || cast(name_number as {{ dbt.type_string() }}) || ')'
        end as cluster_name
    from numbered

)

select * from final
