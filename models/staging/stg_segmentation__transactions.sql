-- One row per row of the input, typed, each with exactly one line_class; drops no row
{{ config(materialized='table') }}

{%- set raw_columns = customer_segmentation.canonical_columns('transactions') %}
{%- set as_of_date = customer_segmentation.as_of_date_setting() %}
{%- set return_order_pattern = var('return_order_pattern') %}
{%- set mapping = customer_segmentation.input_columns('transactions') %}
{%- set separator = customer_segmentation.input_setting('decimal_separator', 'transactions') %}
{%- set amount_is_given = 'amount' in mapping %}
{%- set has_rates = customer_segmentation.has_exchange_rates() %}
{%- set rate = 'rate' if has_rates else none %}

with mapped as (

    select * from {{ ref('stg_segmentation__transactions_mapped') }}

),

date_format as (

    select * from {{ ref('stg_segmentation__date_format') }}

),

{% if has_rates -%}
exchange_rates as (

    select * from {{ ref('stg_segmentation__exchange_rates') }}
    where problem is null

),

{% endif -%}
service_codes as (

    select distinct
        upper(product_code) as product_code,
        matches
    from {{ customer_segmentation.seed_relation('service_codes') }}

),

whole_codes as (

    select product_code
    from service_codes
    where matches = 'whole'

),

-- A code that begins with another one adds nothing. Without it no product begins with two codes, so
-- that the join below multiplies no row.
start_codes as (

    select codes.product_code
    from service_codes as codes
    left join service_codes as shorter
        on
            shorter.matches = 'start'
            and length(shorter.product_code) < length(codes.product_code)
            and left(codes.product_code, length(shorter.product_code)) = shorter.product_code
    where
        codes.matches = 'start'
        and shorter.product_code is null

),

tidied as (

    select
        mapped.*,
        {% for id in ['customer_id', 'order_id', 'product_id'] -%}
        {{ customer_segmentation.trim_blanks('mapped.' ~ id) }} as tidy_{{ id }},
        {% endfor -%}
        {% for number in [
            'quantity', 'unit_price', 'amount', 'unit_cost', 'discount_amount'
        ] -%}
        {{ customer_segmentation.tidy_number('mapped.' ~ number, separator) }} as tidy_{{ number }},
        {% endfor -%}
        {{ customer_segmentation.currency_or_null(
            'mapped.amount' if amount_is_given else 'mapped.unit_price'
        ) }} as amount_currency
    from mapped

),

typed as (

    select
        -- ids
        {{ customer_segmentation.clean_id('tidied.tidy_customer_id', separator) }} as customer_id,
        {{ customer_segmentation.clean_id('tidied.tidy_order_id', separator) }} as order_id,
        upper({{ customer_segmentation.clean_id('tidied.tidy_product_id', separator) }})
            as product_id,

        -- text
        {% for column in ['brand', 'country', 'channel', 'store'] -%}
        nullif({{ customer_segmentation.trim_spaces('tidied.' ~ column) }}, '') as {{ column }},
        {% endfor -%}
        coalesce(
            upper(nullif({{ customer_segmentation.trim_spaces('tidied.currency') }}, '')),
            tidied.amount_currency
        ) as currency,

        -- numbers
        {% if amount_is_given -%}
        case
            when {{ customer_segmentation.is_blank('tidied.quantity') }} then 1
            else {{ customer_segmentation.decimal_or_null('tidied.tidy_quantity', 18, 4) }}
        end as quantity,
        {%- else -%}
        {{ customer_segmentation.decimal_or_null('tidied.tidy_quantity', 18, 4) }} as quantity,
        {%- endif %}
        {{ customer_segmentation.decimal_or_null('tidied.tidy_unit_price', 18, 6) }} as unit_price,
        {{ customer_segmentation.decimal_or_null('tidied.tidy_amount', 18, 4) }} as given_amount,
        {{ customer_segmentation.decimal_or_null('tidied.tidy_unit_cost', 18, 6) }} as unit_cost,
        {{ customer_segmentation.decimal_or_null('tidied.tidy_discount_amount', 18, 4) }}
            as given_discount,

        -- timestamps
        {{ customer_segmentation.timestamp_in_format(
            customer_segmentation.trim_spaces('tidied.ordered_at'), 'date_format.date_format'
        ) }} as ordered_at,

        -- the input's own text, of which only rejected rows keep a copy
        {% for column in raw_columns -%}
        tidied.{{ column }} as raw_{{ column }},
        {% endfor -%}

        -- Copies of one row are alike in every column, so which of them is the first is all one.
        row_number() over (
            partition by
                {%- for column in raw_columns if column in mapping %}
                tidied.{{ column }},
                {%- endfor %}
                tidied.other_columns_hash
            order by tidied.customer_id
        ) as copy_number
    from tidied
    cross join date_format

),

{% if has_rates -%}
currency_days as (

    select distinct
        currency,
        cast(ordered_at as date) as ordered_on
    from typed

),

-- A rate is looked up once for a currency and a day, and not for each row.
daily_rates as (

    select
        currency_days.currency,
        currency_days.ordered_on,
        exchange_rates.rate
    from currency_days
    inner join exchange_rates
        on
            currency_days.currency = exchange_rates.currency
            and currency_days.ordered_on >= exchange_rates.valid_from
            and (
                currency_days.ordered_on < exchange_rates.valid_to
                or exchange_rates.valid_to is null
            )

),

rated as (

    select
        typed.*,
        daily_rates.rate
    from typed
    left join daily_rates
        on
            typed.currency = daily_rates.currency
            and cast(typed.ordered_at as date) = daily_rates.ordered_on

),

{% endif -%}
priced as (

    select
        *,
        {% if has_rates -%}
        {{ customer_segmentation.line_amount('given_amount', 'quantity', 'unit_price') }}
            as charged_amount,
        {% endif -%}
        {{ customer_segmentation.line_amount('given_amount', 'quantity', 'unit_price', rate) }}
            as amount
    from {{ 'rated' if has_rates else 'typed' }}

),

described as (

    select
        priced.*,
        {% if as_of_date -%}
        coalesce(cast(priced.ordered_at as date) > cast('{{ as_of_date }}' as date), false)
        {%- else -%}
        false
        {%- endif %} as is_later,
        coalesce(
            {% if amount_is_given %}priced.given_amount < 0 or {% endif -%}
            priced.quantity < 0
            {%- if return_order_pattern %}
            or {{ customer_segmentation.regex_matches('priced.order_id', return_order_pattern) }}
            {%- endif %},
            false
        ) as is_return,
        whole_codes.product_code is not null or start_codes.product_code is not null as is_service
    from priced
    left join whole_codes on priced.product_id = whole_codes.product_code
    left join start_codes
        on left(priced.product_id, length(start_codes.product_code)) = start_codes.product_code

),

checked as (

    select
        *,
        -- Goods that come back take cost and discount with them, whatever signs the input writes.
        case when is_return then -abs(quantity) else quantity end as signed_quantity,
        case when is_return then -abs(given_discount) else abs(given_discount) end
            as signed_discount,
        case
            when {{ customer_segmentation.is_blank('raw_ordered_at') }} then 'ordered_at missing'
            when ordered_at is null then 'ordered_at unreadable'
            when extract(year from ordered_at) not between 1900 and 2099
                then 'ordered_at out of range'
            {%- if amount_is_given %}
            when {{ customer_segmentation.is_blank('raw_amount') }} then 'amount missing'
            when given_amount is null then 'amount unreadable'
            when quantity is null then 'quantity unreadable'
            {%- else %}
            when {{ customer_segmentation.is_blank('raw_quantity') }} then 'quantity missing'
            when quantity is null then 'quantity unreadable'
            when {{ customer_segmentation.is_blank('raw_unit_price') }} then 'unit_price missing'
            when unit_price is null then 'unit_price unreadable'
            when unit_price <= 0 then 'unit_price not positive'
            {%- endif %}
            when quantity = 0 then 'quantity zero'
            when amount is null{{ ' and rate is not null' if has_rates }} then 'amount too large'
            when abs(quantity) > {{ customer_segmentation.threshold('max_line_amount') }}
                then 'quantity too large'
            when is_return and coalesce(given_amount, quantity) > 0
                then 'return with a positive amount'
            {%- if has_rates %}
            when currency is null then 'currency missing'
            when rate is null then 'currency without an exchange rate'
            {%- endif %}
        end as reject_reason
    from described

),

classified as (

    select
        *,
        case
            when is_later then 'later'
            when reject_reason is not null then 'rejected'
            when copy_number > 1 and '{{ var('duplicates') }}' = 'remove' then 'duplicate'
            when customer_id is null then 'guest'
            when is_service then 'service'
            when is_return then 'return'
            else 'sale'
        end as line_class
    from checked

),

final as (

    select
        -- ids; without an order id, a customer's lines of one day are one order
        customer_id,
        coalesce(order_id, cast(cast(ordered_at as date) as {{ dbt.type_string() }})) as order_id,
        product_id,

        -- text
        brand,
        country,
        channel,
        store,
        currency,
        line_class,
        case when line_class = 'rejected' then reject_reason end as reject_reason,
        {% for column in raw_columns -%}
        case when line_class = 'rejected' then raw_{{ column }} end as raw_{{ column }},
        {% endfor %}
        -- numbers
        quantity,
        {% if has_rates -%}
        {{ customer_segmentation.try_cast(
            'round(unit_price * cast(rate as decimal(19, 8)), 6)', 'decimal(18, 6)'
        ) }} as unit_price,
        {%- else -%}
        unit_price,
        {%- endif %}
        amount,
        {{ 'charged_amount' if has_rates else 'amount as charged_amount' }},
        {{ customer_segmentation.line_money(
            customer_segmentation.line_product('signed_quantity', 'abs(unit_cost)'), rate
        ) }} as cost_amount,
        {{ customer_segmentation.line_money('signed_discount', rate) }} as discount_amount,

        -- timestamps
        ordered_at
    from classified

)

select * from final
