-- One row per segmentation and segment: what it is called, what it means, how to show it
-- depends_on: {{ ref('int_segmentation__customers_featured') }}
{#- So that a gate holds this mart back also where all segments are known in advance. #}
{%- set active = customer_segmentation.active_segmentations() %}
{%- set attributes =
    customer_segmentation.attribute_segmentations() | select('in', active) | list %}
{%- set clusterings = {'kmeans': 'rfm', 'psychographic': 'psychographic'} %}
{%- set has_clusters = 'kmeans' in active or 'psychographic' in active %}
{%- set parts = customer_segmentation.hybrid_parts() if 'hybrid' in active else [] %}
{%- set numbers = range(1, parts | length + 1) | list %}
{%- set columns =
    ['segmentation', 'segment', 'description', 'segment_rank', 'sort_order', 'colour'] %}
{#- The CTEs of segments, each with these columns. #}
{%- set sources = ['definitions']
    + (['clusters'] if has_clusters else [])
    + (['demographic'] if 'demographic' in active else [])
    + (['attribute_segments'] if attributes else []) %}

with own_definitions as (

    select * from {{ customer_segmentation.seed_relation('segment_definitions') }}

),

{% if 'segment_definitions' in (var('seed_overrides') or {}) -%}
-- What the user puts in place of the seed says nothing of segmentations that it does not name.
usual_definitions as (

    select * from {{ ref('customer_segmentation', 'segment_definitions') }}
    where segmentation not in (select own_definitions.segmentation from own_definitions)

),

{% endif -%}
all_definitions as (

    select {{ columns | join(', ') }}
    from own_definitions
    {%- if 'segment_definitions' in (var('seed_overrides') or {}) %}
    union all
    select {{ columns | join(', ') }}
    from usual_definitions
    {%- endif %}

),

definitions as (

    select * from all_definitions
    where
        segmentation in ('{{ active | join("', '") }}')
        {%- if not var('rfm_window_months') %}
        -- Nobody is outside the window where there is none.
        and (segmentation <> 'rfm' or segment not in ('Returning', 'Inactive'))
        {%- endif %}

),

{% if has_clusters -%}
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
demographic_numbered as (

    select distinct
        segment,
        dense_rank() over (order by gender) * 28 + age_band_number * 4 + income_band_number
            as sort_order
    from {{ ref('seg_demographic') }}
    where segment not in ('Unknown', 'Other', 'Not profiled')

),

demographic as (

    select
        'demographic' as segmentation,
        segment,
        'Customers of this gender, age and income, as far as each is known' as description,
        0 as segment_rank,
        sort_order,
        {{ customer_segmentation.palette_colour('sort_order') }} as colour
    from demographic_numbered

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

attributes_numbered as (

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

attribute_segments as (

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
    from attributes_numbered

),

{% endif -%}

single as (

    {% for source in sources -%}
    select {{ columns | join(', ') }}
    from {{ source }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

{% if parts -%}
combinations as (

    select distinct
        segment,
        {% for part in parts -%}
        part_{{ loop.index }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('seg_hybrid') }}
    where segment not in ('Other', 'Not profiled')

),

hybrid_numbered as (

    select
        combinations.segment,
        part_{{ numbers | join('.segment_rank + part_') }}.segment_rank as segment_rank,
        case
            when combinations.segment = part_1.segment then part_1.description
            else part_{{ numbers | join(".description || '; ' || part_") }}.description
        end as description,
        -- Stays the combination's own, whatever other combinations there are.
        6 * part_1.sort_order + part_{{ numbers | join('.sort_order + part_') }}.sort_order
            as colour_number,
        row_number() over (
            order by
                part_{{ numbers | join('.sort_order, part_') }}.sort_order,
                combinations.segment
        ) as sort_order
    from combinations
    {% for part in parts -%}
    inner join single as part_{{ loop.index }}
        on
            part_{{ loop.index }}.segmentation = '{{ part }}'
            and combinations.part_{{ loop.index }} = part_{{ loop.index }}.segment
    {% endfor %}
),

hybrid as (

    select
        'hybrid' as segmentation,
        segment,
        description,
        segment_rank,
        sort_order,
        {{ customer_segmentation.palette_colour('colour_number') }} as colour
    from hybrid_numbered

),

{% endif -%}

unioned as (

    select {{ columns | join(', ') }}
    from single
    {%- if parts %}
    union all
    select {{ columns | join(', ') }}
    from hybrid
    {%- endif %}
    {%- if 'profiling_allowed' in customer_segmentation.input_columns('customers') %}
    {%- for segmentation in active %}
    union all
    select
        '{{ segmentation }}' as segmentation,
        'Not profiled' as segment,
        'Objects to profiling and so counted in every total and in no segment' as description,
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
