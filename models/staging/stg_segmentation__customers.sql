-- One row per row of the customers input, typed; impossible values are null, drops no row
{{ config(materialized='table') }}

{%- set mapping = customer_segmentation.input_columns('customers') %}
{%- set separator = customer_segmentation.input_setting('decimal_separator', 'customers') %}
{%- set texts = customer_segmentation.attribute_columns('text') %}
{%- set numbers = customer_segmentation.psychographic_columns()
    + customer_segmentation.attribute_columns('number') %}
{%- set categories = ['gender', 'marketing_allowed', 'profiling_allowed'] %}
{%- set given = categories + ['birth_date', 'age', 'annual_income', 'signed_up_on'] + numbers %}
{#- What can be wrong with a value, and makes it null. #}
{%- set problems = [
    ('gender not known', "is_gender_given and gender = 'Unknown'"),
    ('birth_date unreadable', 'is_birth_date_given and born_on is null'),
    ('birth_date in the future', 'born_on > as_of_date'),
    ('birth_date too recent', 'born_on <= as_of_date and age_born < min_age'),
    ('birth_date too long ago', 'age_born > max_age'),
    ('age unreadable', 'is_age_given and age_told is null'),
    ('age out of range', 'age_told not between min_age and max_age'),
    ('annual_income unreadable', 'is_annual_income_given and annual_income is null'),
    ('annual_income negative', 'annual_income < 0'),
    ('annual_income too large', 'annual_income > max_annual_income'),
    ('signed_up_on unreadable', 'is_signed_up_on_given and signed_up_on is null'),
    ('signed_up_on in the future', 'signed_up_on > as_of_date'),
    ('marketing_allowed unreadable', 'is_marketing_allowed_given and marketing_written is null'),
    ('profiling_allowed unreadable', 'is_profiling_allowed_given and profiling_written is null'),
] %}
{%- for number in numbers %}
    {%- do problems.append(
        (number ~ ' unreadable', 'is_' ~ number ~ '_given and ' ~ number ~ ' is null')
    ) %}
{%- endfor %}

with mapped as (

    {{ customer_segmentation.customers_mapped() }}

),

as_of as (

    select * from {{ ref('stg_segmentation__as_of') }}

),

date_formats as (

    select
        max(case when column_name = 'birth_date' then date_format end) as birth_date_format,
        max(case when column_name = 'signed_up_on' then date_format end) as signed_up_on_format
    from {{ ref('stg_segmentation__customer_date_formats') }}

),

profile_values as (

    select * from {{ customer_segmentation.seed_relation('profile_values') }}

),

tidied as (

    select
        mapped.*,
        {{ customer_segmentation.trim_blanks('mapped.customer_id') }} as tidy_customer_id,
        {{ customer_segmentation.trim_spaces('mapped.birth_date') }} as tidy_birth_date,
        {% for column in categories -%}
        lower({{ customer_segmentation.trim_spaces('mapped.' ~ column) }}) as tidy_{{ column }},
        {% endfor -%}
        {% for number in ['age', 'annual_income'] + numbers -%}
        {{ customer_segmentation.tidy_number('mapped.' ~ number, separator) }} as tidy_{{ number }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from mapped

),

typed as (

    select
        -- ids
        {{ customer_segmentation.clean_id('tidied.tidy_customer_id', separator) }} as customer_id,

        -- text
        {% if 'gender' in mapping -%}
        coalesce(genders.value, 'Unknown') as gender,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as gender,
        {%- endif %}
        {% for column in ['city', 'region', 'country', 'customer_type'] + texts -%}
        nullif({{ customer_segmentation.trim_spaces('tidied.' ~ column) }}, '') as {{ column }},
        {% endfor -%}
        marketing.value as marketing_written,
        profiling.value as profiling_written,

        -- numbers
        {{ customer_segmentation.decimal_or_null('tidied.tidy_age', 18, 4) }} as age_told,
        {{ customer_segmentation.decimal_or_null('tidied.tidy_annual_income', 18, 4) }}
            as annual_income,
        {% for number in numbers -%}
        {{ customer_segmentation.decimal_or_null('tidied.tidy_' ~ number, 18, 6) }}
            as {{ number }},
        {% endfor -%}

        -- booleans
        {% for column in given -%}
        not {{ customer_segmentation.is_blank('tidied.' ~ column) }} as is_{{ column }}_given,
        {% endfor %}
        -- dates
        cast({{ customer_segmentation.timestamp_in_format(
            'tidied.tidy_birth_date', 'date_formats.birth_date_format'
        ) }} as date) as born_on_written,
        cast({{ customer_segmentation.timestamp_in_format(
            customer_segmentation.trim_spaces('tidied.signed_up_on'),
            'date_formats.signed_up_on_format',
        ) }} as date) as signed_up_on,
        as_of.as_of_date,
        tidied.tidy_birth_date
    from tidied
    cross join date_formats
    cross join as_of
    left join profile_values as genders
        on genders.column_name = 'gender' and tidied.tidy_gender = genders.written
    left join profile_values as marketing
        on marketing.column_name = 'allowed' and tidied.tidy_marketing_allowed = marketing.written
    left join profile_values as profiling
        on profiling.column_name = 'allowed' and tidied.tidy_profiling_allowed = profiling.written

),

-- Nobody is born in the future: a year of two digits is then of the century before.
born as (

    select
        *,
        case
            when
                born_on_written > as_of_date
                and {{ customer_segmentation.regex_matches(
                    'tidy_birth_date', '^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}([ T]|$)'
                ) }}
                then cast({{ dbt.dateadd('year', -100, 'born_on_written') }} as date)
            else born_on_written
        end as born_on
    from typed

),

aged as (

    select
        *,
        {{ customer_segmentation.age_in_years('born_on', 'as_of_date') }} as age_born,
        {{ customer_segmentation.threshold('min_age') }} as min_age,
        {{ customer_segmentation.threshold('max_age') }} as max_age,
        {{ customer_segmentation.threshold('max_annual_income') }} as max_annual_income
    from born

),

checked as (

    select
        *,
        nullif(
            concat_ws(
                '; '
                {%- for reason, condition in problems %},
                case when {{ condition }} then '{{ reason }}' end
                {%- endfor %}
            ),
            ''
        ) as problems
    from aged

),

final as (

    select
        -- ids
        customer_id,

        -- text
        gender,
        city,
        region,
        country,
        customer_type,
        {% for column in texts -%}
        {{ column }},
        {% endfor -%}
        case
            when customer_id is null then 'rejected'
            when problems is not null then 'corrected'
            else 'record'
        end as line_class,
        case
            when customer_id is null then 'customer_id missing'
            else problems
        end as reason,

        -- numbers
        cast(
            case
                when age_born between min_age and max_age then age_born
                when age_told between min_age and max_age then floor(age_told)
            end as integer
        ) as age,
        case
            when annual_income between 0 and max_annual_income then annual_income
        end as annual_income,
        {% for number in numbers -%}
        {{ number }},
        {% endfor %}
        -- booleans; who writes what cannot be read has not agreed
        case
            when is_marketing_allowed_given then coalesce(marketing_written = 'yes', false)
        end as marketing_allowed,
        case
            when is_profiling_allowed_given then coalesce(profiling_written = 'yes', false)
        end as profiling_allowed,

        -- dates
        case when signed_up_on <= as_of_date or as_of_date is null then signed_up_on end
            as signed_up_on,
        {% if customer_segmentation.as_of_date_setting() -%}
        case when signed_up_on > as_of_date then signed_up_on end as signed_up_later_on
        {%- else -%}
        cast(null as date) as signed_up_later_on
        {%- endif %}
    from checked

)

select * from final
