-- One row per profiled buyer and moment, without a name: what the value model is fitted to
{{ config(materialized='view') }}

with rhythms as (

    select * from {{ ref('int_segmentation__rhythms_measured') }}

),

buyers as (

    select * from {{ ref('int_segmentation__buyers_typed') }}

)

select
    buyers.customer_group,
    rhythms.moment,
    rhythms.gap_count as repeat_days,
    rhythms.active_days,
    rhythms.observed_days,
    cast(rhythms.repeat_amount as {{ customer_segmentation.type_double() }}) as repeat_amount,
    rhythms.later_day_count as later_days,
    cast(rhythms.later_amount as {{ customer_segmentation.type_double() }}) as later_amount
from rhythms
inner join buyers on rhythms.customer_id = buyers.customer_id
