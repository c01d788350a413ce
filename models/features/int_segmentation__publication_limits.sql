-- One row: how many customers a cell must have to be published
{{ config(materialized='view') }}

with limits as (

    {{ customer_segmentation.thresholds(['minimum_cell']) }}

)

select cast(minimum_cell as integer) as minimum_cell
from limits
