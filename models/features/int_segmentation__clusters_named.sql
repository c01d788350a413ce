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

described as (

    select
        centroids.feature_set,
        centroids.cluster_id,
        feature_sets.feature_position,
        case
            when
                abs(centroids.z_score)
                >= {{ customer_segmentation.threshold('cluster_name_strong') }}
                and feature_sets.category is null
                then 'very '
            else ''
        end as emphasis,
        case
            when
                feature_sets.category is not null
                and centroids.z_score
                >= {{ customer_segmentation.threshold('cluster_name_cutoff') }}
                then lower(feature_sets.category)
            when feature_sets.category is not null then null
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
        {{ customer_segmentation.join_texts('word', "', '", 'feature_position') }} as words,
        {{ customer_segmentation.join_texts('emphasis || word', "', '", 'feature_position') }}
            as strong_words
    from described
    group by
        feature_set,
        cluster_id

),

compared as (

    select
        *,
        count(*) over (partition by feature_set) as cluster_count,
        count(*) over (partition by feature_set, words) as namesake_count
    from worded

),

named as (

    select
        feature_set,
        cluster_id,
        case
            when cluster_count = 1 then 'All customers'
            when words is null then 'Average customers'
            when namesake_count = 1 then words
            else strong_words
        end as words
    from compared

),

numbered as (

    select
        *,
        row_number() over (
            partition by feature_set, words
            order by cluster_id
        ) as name_number
    from named

),

final as (

    select
        feature_set,
        cluster_id,
        upper(substring(words, 1, 1)) || substring(words, 2)
        || case
            when name_number = 1 then ''
            else ' (' || cast(name_number as {{ dbt.type_string() }}) || ')'
        end as cluster_name
    from numbered

)

select * from final
