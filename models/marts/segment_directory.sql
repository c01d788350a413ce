-- One row per segmentation and segment: what it is called, what it means, how to show it
-- depends_on: {{ ref('int_segmentation__customers_featured') }}
{#- So that a gate holds this mart back also where all segments are known in advance. #}
{%- set active = customer_segmentation.active_segmentations() %}
{%- set attributes =
    customer_segmentation.attribute_segmentations() | select('in', active) | list %}
{%- set clusterings = {'kmeans': 'rfm', 'psychographic': 'psychographic'} %}

with own_definitions as (

    select * from {{ customer_segmentation.seed_relation('segment_definitions') }}

),

-- What the user puts in place of the seed says nothing of segmentations that it does not name.
definitions as (

    select
        segmentation,
        segment,
        description,
        segment_rank,
        sort_order,
        colour
    from own_definitions
    where segmentation in ('{{ active | join("', '") }}')
    {%- if 'segment_definitions' in (var('seed_overrides') or {}) %}
    union all
    select
        segmentation,
        segment,
        description,
        segment_rank,
        sort_order,
        colour
    from {{ ref('customer_segmentation', 'segment_definitions') }}
    where
        segmentation in ('{{ active | join("', '") }}')
        and segmentation not in (select own_definitions.segmentation from own_definitions)
    {%- endif %}

),

{% if 'kmeans' in active or 'psychographic' in active -%}
clusters_named as (

    select
        *,
        case feature_set
            {%- for segmentation, feature_set in clusterings.items() %}
            when '{{ feature_set }}' then '{{ segmentation }}'
            {%- endfor %}
        end as segmentation,
        count(*) over (partition by feature_set) as cluster_count
    from {{ ref('int_segmentation__clusters_named') }}

),

clusters as (

    select
        segmentation,
        cluster_name as segment,
        'Cluster ' || cast(cluster_id as {{ dbt.type_string() }}) || ' of '
        || cast(cluster_count as {{ dbt.type_string() }})
        || ', found by k-means and named by how its centre differs from the average customer'
            as description,
        cluster_count + 1 - cluster_id as segment_rank,
        cluster_id as sort_order,
        {{ customer_segmentation.palette_colour('cluster_id') }} as colour
    from clusters_named
    where segmentation in ('{{ active | join("', '") }}')

),

{% endif -%}

{% if 'demographic' in active -%}
demographic as (

    select distinct
        segment,
        dense_rank() over (order by gender) * 28 + age_band_number * 4 + income_band_number
            as sort_order
    from {{ ref('seg_demographic') }}
    where segment not in ('Unknown', 'Other', 'Not profiled')

),

{% endif -%}

{% if attributes -%}
attribute_values as (

    select distinct
        attribute,
        segment
    from {{ ref('seg_attributes') }}
    where segment <> 'Not profiled'

),

attribute_segments as (

    select
        *,
        row_number() over (
            partition by attribute
            order by
                case when segment = 'Unknown' then 1 else 0 end asc,
                {{ customer_segmentation.try_cast('segment', 'decimal(38, 6)') }} asc nulls last,
                segment asc
        ) as sort_order
    from attribute_values

),

{% endif -%}

unioned as (

    select
        segmentation,
        segment,
        description,
        segment_rank,
        sort_order,
        colour
    from definitions
    {%- if 'kmeans' in active or 'psychographic' in active %}
    union all
    select
        segmentation,
        segment,
        description,
        segment_rank,
        sort_order,
        colour
    from clusters
    {%- endif %}
    {%- if 'demographic' in active %}
    union all
    select
        'demographic' as segmentation,
        segment,
        'Customers of this gender, age and income, as far as each is known' as description,
        0 as segment_rank,
        sort_order,
        {{ customer_segmentation.palette_colour('sort_order') }} as colour
    from demographic
    {%- endif %}
    {%- if attributes %}
    union all
    select
        attribute as segmentation,
        segment,
        'Customers whose ' || replace(attribute, '_', ' ') || ' is '
        || case when segment = 'Unknown' then 'not known' else segment end as description,
        0 as segment_rank,
        sort_order,
        case
            when segment = 'Unknown' then '#BDBDBD'
            else {{ customer_segmentation.palette_colour('sort_order') }}
        end as colour
    from attribute_segments
    {%- endif %}
    {%- if 'profiling_allowed' in customer_segmentation.input_columns('customers') %}
    {%- for segmentation in active %}
    union all
    select
        '{{ segmentation }}' as segmentation,
        'Not profiled' as segment,
        'Objects to profiling: counted in every total and in no segment' as description,
        0 as segment_rank,
        999999 as sort_order,
        '#757575' as colour
    {%- endfor %}
    {%- endif %}

),

final as (

    select
        {{ customer_segmentation.segment_key('segmentation', 'segment') }} as segment_key,
        segmentation,
        segment,
        description,
        cast(segment_rank as integer) as segment_rank,
        cast(sort_order as integer) as sort_order,
        colour
    from unioned

)

select * from final
