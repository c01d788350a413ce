-- One row: the format in which the input writes its dates, and the evidence for it
{{ config(materialized='table') }}

{{ customer_segmentation.date_format_of(
    'transactions', 'ordered_at', ref('stg_segmentation__transactions_mapped')
) }}
