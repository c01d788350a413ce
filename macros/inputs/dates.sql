{#
    How dates are written: every format that this package reads, with the patterns of its date and,
    where engines cannot cast it as it is, what to make of year, month and day. A year of two digits
    is 2000 to 2069 or 1970 to 1999. A time may follow: see timestamp_or_null. The serial numbers of
    Excel have no pattern of this kind.

    date_formats()   ->   {'iso': […], 'month_first': [('^([0-9]{1,2})…', '\\3-\\1-\\2'), …], …}
#}
{% macro date_formats() %}
    {% set short = '([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]' %}
    {{ return({
        'iso': [
            ('^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}', none),
            ('^([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})', '\\1-\\2-\\3'),
        ],
        'month_first': [
            ('^' ~ short ~ '([0-9]{4})', '\\3-\\1-\\2'),
            ('^' ~ short ~ '([0-6][0-9])', '20\\3-\\1-\\2'),
            ('^' ~ short ~ '([7-9][0-9])', '19\\3-\\1-\\2'),
        ],
        'day_first': [
            ('^' ~ short ~ '([0-9]{4})', '\\3-\\2-\\1'),
            ('^' ~ short ~ '([0-6][0-9])', '20\\3-\\2-\\1'),
            ('^' ~ short ~ '([7-9][0-9])', '19\\3-\\2-\\1'),
        ],
        'compact': [('^([0-9]{4})([0-9]{2})([0-9]{2})', '\\1-\\2-\\3')],
        'excel_serial': [],
    }) }}
{% endmacro %}

{#
    The timestamp that a text holds in one of the formats, or null where it holds none. The text may
    go on, behind a space or a T, with a time: 8:26, 08:26:00, 08:26:00.5, 8:26 PM; and behind that
    with Z, UTC, GMT or an offset such as +02:00. A time without one is the shop's own, in the var
    timezone; a time with one is told in that zone.

    {{ timestamp_or_null('text', 'month_first') }}

        12/1/2010 8:26      ->   2010-12-01 08:26:00
        30/11/2010          ->   null

    text: SQL text expression, trimmed. format: a name that date_formats lists.
#}
{% macro timestamp_or_null(text, format) -%}
    {%- if format == 'excel_serial' -%}
    {{ customer_segmentation.serial_timestamp_or_null(text) }}
    {%- else -%}
    {%- set time = '([ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?)' -%}
    {%- set half_day_time = '([ T](0?[1-9]|1[0-2]):[0-5][0-9](:[0-5][0-9])? ?[AaPp][Mm])' -%}
    {%- set zone = '( ?(Z|UTC|GMT|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?))' -%}
    case
        {%- for pattern, parts in customer_segmentation.date_formats()[format] %}
        {%- set as_iso =
            customer_segmentation.regex_replace(text, pattern, parts) if parts else text -%}
        {%- set without_suffix = customer_segmentation.regex_replace(
            as_iso, '^([0-9-]+[ T][0-9:.]+).*$', '\\1'
        ) -%}
        {%- set moment = customer_segmentation.try_cast(without_suffix, 'timestamp') %}
        when {{ customer_segmentation.regex_matches(text, pattern ~ time ~ '?$') }}
            then {{ customer_segmentation.try_cast(as_iso, 'timestamp') }}
        when {{ customer_segmentation.regex_matches(text, pattern ~ half_day_time ~ '$') }}
            then {{ dbt.dateadd(
                'hour', customer_segmentation.half_day_hours(text, moment), moment
            ) }}
        when {{ customer_segmentation.regex_matches(text, pattern ~ time ~ zone ~ '$') }}
            {#- On Spark, dbt.dateadd would drop the fractions of a second. #}
            then {{ customer_segmentation.in_time_zone(
                '(' ~ moment ~ ' - ' ~ customer_segmentation.offset_minutes(text)
                ~ " * interval '1' minute)",
                var('timezone')
            ) }}
        {%- endfor %}
    end
    {%- endif -%}
{%- endmacro %}

{# The hours that AM or PM adds: 12 AM is 0 o'clock, 12 PM is 12 o'clock. #}
{% macro half_day_hours(text, moment) -%}
    case
        when upper({{ text }}) like '%PM' and extract(hour from {{ moment }}) < 12 then 12
        when upper({{ text }}) like '%AM' and extract(hour from {{ moment }}) = 12 then -12
        else 0
    end
{%- endmacro %}

{# The minutes by which a text's time is ahead of UTC: 120 of '… 10:00+02:00', 0 of '… 10:00Z'. #}
{% macro offset_minutes(text) -%}
    {%- set offset = '^.*([+-])([0-9]{2}):?([0-9]{2})$' -%}
    {%- set whole_hours = '^.*([+-][0-9]{2})$' -%}
    case
        when {{ customer_segmentation.regex_matches(text, offset) }}
            then
                60 * {{ customer_segmentation.try_cast(
                    customer_segmentation.regex_replace(text, offset, '\\1\\2'), 'integer'
                ) }}
                + {{ customer_segmentation.try_cast(
                    customer_segmentation.regex_replace(text, offset, '\\1\\3'), 'integer'
                ) }}
        when {{ customer_segmentation.regex_matches(text, whole_hours) }}
            then 60 * {{ customer_segmentation.try_cast(
                customer_segmentation.regex_replace(text, whole_hours, '\\1'), 'integer'
            ) }}
        else 0
    end
{%- endmacro %}

{#
    The timestamp of a day count as Excel stores it, rounded to seconds: 40513.3513888889 is
    2010-12-01 08:26:00. Five digits: from 1927 to 2173.
#}
{% macro serial_timestamp_or_null(text) -%}
    {%- set serial = customer_segmentation.try_cast(
        "replace(" ~ text ~ ", ',', '.')", 'decimal(25, 15)'
    ) -%}
    case
        when {{ customer_segmentation.regex_matches(text, '^[1-9][0-9]{4}([.,][0-9]{1,15})?$') }}
            then {{ dbt.dateadd(
                'second',
                'cast(round((' ~ serial ~ ' - floor(' ~ serial ~ ')) * 86400, 0) as integer)',
                dbt.dateadd(
                    'day',
                    'cast(floor(' ~ serial ~ ') as integer)',
                    "cast('1899-12-30' as timestamp)",
                ),
            ) }}
    end
{%- endmacro %}

{#
    The format in which a column of an input writes its dates: a SELECT of one row with date_format,
    text_count, how many of the different texts each format reads, and ambiguous_text, one that is
    another date with the month first than with the day first, where both read as many. The format
    that reads most is taken, unless the var date_format gives it or the column has a type of its
    own: then nothing is counted.

    column: canonical name. mapped: the relation that holds it as text.
#}
{% macro date_format_of(input, column, mapped) %}
    {%- set formats = customer_segmentation.date_formats() -%}
    {%- set found = customer_segmentation.resolved_input(input) -%}
    {%- set type = customer_segmentation.input_type(
        found.mapping[column] | default(''), found.headings
    ) -%}
    {#- A format that is given, or that the engine wrote itself, needs no evidence; the model of
        workbooks writes dates of birth. -#}
    {%- set is_written = column == 'birth_date'
        and (var(input) | string | trim | lower).endswith('.xlsx') -%}
    {%- set given_format = 'iso' if is_written or type.startswith('timestamp') or type == 'date'
        else customer_segmentation.input_setting('date_format', input) -%}

    -- Few texts differ, so every format can be tried on each of them.
    with texts as (

        select distinct {{ customer_segmentation.trim_spaces(column) }} as written
        from {{ mapped }}
        where
            {{ customer_segmentation.trim_spaces(column) }} <> ''
            and {{ 'false' if given_format else 'true' }}

    ),

    parsed as (

        select
            written,
            {% for format in formats -%}
            {{ customer_segmentation.timestamp_or_null('written', format) }} as {{ format }}
            {%- if not loop.last %},{% endif %}
            {% endfor %}
        from texts

    ),

    counted as (

        select
            count(*) as text_count,
            {% for format in formats -%}
            count({{ format }}) as {{ format }}_count,
            {% endfor -%}
            min(case when month_first <> day_first then written end) as ambiguous_text
        from parsed

    ),

    ranked as (

        select
            *,
            greatest(
                {% for format in formats -%}
                {{ format }}_count{% if not loop.last %}, {% endif %}
                {%- endfor %}
            ) as most_count
        from counted

    ),

    chosen as (

        select
            *,
            {% if given_format -%}
            {{ customer_segmentation.text_literal(given_format) }}
            {%- else -%}
            case
                when most_count = 0 then null
                {%- for format in formats %}
                when {{ format }}_count = most_count then '{{ format }}'
                {%- endfor %}
            end
            {%- endif %} as date_format
        from ranked

    )

    select
        date_format,
        text_count,
        {% for format in formats -%}
        {{ format }}_count,
        {% endfor -%}
        case
            when date_format = 'month_first' and day_first_count = month_first_count
                then ambiguous_text
        end as ambiguous_text
    from chosen
{% endmacro %}

{#
    The timestamp that a text holds in the format that date_format_of found, or null.

    text: SQL text expression, trimmed. date_format: SQL expression of the format's name.
#}
{% macro timestamp_in_format(text, date_format) -%}
    case {{ date_format }}
        {%- for format in customer_segmentation.date_formats() %}
        when '{{ format }}'
            then {{ customer_segmentation.timestamp_or_null(text, format) }}
        {%- endfor %}
    end
{%- endmacro %}
