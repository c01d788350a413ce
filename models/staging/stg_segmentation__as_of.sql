-- One row: the date as of which everything is measured, and how far the data reach
{{ config(materialized='table') }}

with transactions as (

    select * from {{ ref('stg_segmentation__transactions') }}

),

final as (

    {{ customer_segmentation.as_of('transactions') }}

)

select * from final
