-- One row per customer: age band, gender and income band together, rare combinations as Other
{%- set edges = ['age_edge_1', 'age_edge_2', 'age_edge_3', 'age_edge_4', 'age_edge_5'] %}

with customers as (

    select * from {{ ref('int_segmentation__customers_featured') }}

),

limits as (

    {{ customer_segmentation.thresholds(edges) }}

),

edges as (

    select
        cast(age_edge_1 as integer) as age_edge_1,
        cast(age_edge_2 as integer) as age_edge_2,
        cast(age_edge_3 as integer) as age_edge_3,
        cast(age_edge_4 as integer) as age_edge_4,
        cast(age_edge_5 as integer) as age_edge_5
    from limits

),

incomes as (

    select
        customer_id,
        {{ customer_segmentation.position_in_order('annual_income') }} as income_position
    from customers
    where
        annual_income is not null
        and is_profiled

),

banded as (

    select
        customers.customer_id,
        customers.is_profiled,
        coalesce(customers.gender, 'Unknown') as gender,
        case
            when customers.age is null then 'Unknown'
            when customers.age < edges.age_edge_1
                then 'under ' || cast(edges.age_edge_1 as {{ dbt.type_string() }})
            {%- for edge in edges[1:] %}
            when customers.age < edges.{{ edge }}
                then
                    cast(edges.{{ edges[loop.index0] }} as {{ dbt.type_string() }}) || '–'
                    || cast(edges.{{ edge }} - 1 as {{ dbt.type_string() }})
            {%- endfor %}
            else cast(edges.age_edge_5 as {{ dbt.type_string() }}) || ' and over'
        end as age_band,
        case
            when customers.age is null then 0
            {%- for edge in edges %}
            when customers.age < edges.{{ edge }} then {{ loop.index }}
            {%- endfor %}
            else {{ edges | length + 1 }}
        end as age_band_number,
        case
            when incomes.income_position is null then 'Unknown'
            when incomes.income_position < {{ customer_segmentation.threshold('income_low_share') }}
                then 'Low'
            when
                incomes.income_position
                > {{ customer_segmentation.threshold('income_high_share') }}
                then 'High'
            else 'Middle'
        end as income_band
    from customers
    cross join edges
    left join incomes on customers.customer_id = incomes.customer_id

),

combined as (

    select
        *,
        nullif(
            concat_ws(
                ', ',
                case when gender <> 'Unknown' then gender end,
                case when age_band <> 'Unknown' then age_band end,
                case when income_band <> 'Unknown' then lower(income_band) || ' income' end
            ),
            ''
        ) as combination
    from banded

),

counted as (

    select
        *,
        count(*) over (partition by combination, is_profiled) as combination_count,
        count(combination) over (partition by is_profiled) as customer_count
    from combined

),

final as (

    select
        customer_id,
        case
            when not is_profiled then 'Not profiled'
            when combination is null then 'Unknown'
            when
                combination_count
                < {{ customer_segmentation.threshold('min_segment_share') }} * customer_count
                then 'Other'
            else upper(left(combination, 1)) || substring(combination, 2)
        end as segment,
        gender,
        age_band,
        age_band_number,
        income_band,
        case income_band
            when 'Low' then 1
            when 'Middle' then 2
            when 'High' then 3
            else 0
        end as income_band_number
    from counted

)

select * from final
