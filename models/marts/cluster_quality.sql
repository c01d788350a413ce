-- One row per feature set and number of clusters k, from 1 to 8 as far as the data allow

select
    feature_set,
    cast(k as integer) as k,
    {% for measure in ['inertia', 'silhouette', 'davies_bouldin', 'calinski_harabasz',
                       'prediction_strength'] -%}
    max(case when measure = '{{ measure }}' then value end) as {{ measure }},
    {% endfor -%}
    cast(max(case when measure = 'customers_fitted' then value end) as bigint) as customers_fitted,
    coalesce(max(case when measure = 'is_chosen' then value end) = 1, false) as is_chosen
from {{ ref('int_segmentation__clusters_fitted') }}
where
    k is not null
    and feature is null
group by
    feature_set,
    k
