{#
    Checks every scalar var once, in the first model of a build, so that a wrong one stops the build
    before any table changes. Raises one sentence that names the var, its value and what it takes.
#}
{% macro check_settings() %}
    {% do customer_segmentation.as_of_date_setting() %}
    {% set checks = [
        ('encoding', var('encoding') in ['utf-8', 'latin-1', 'utf-16'], 'utf-8, latin-1 or utf-16'),
        ('delimiter', var('delimiter') is none or var('delimiter') is string,
            'the text between two columns, or nothing'),
        ('monetary_basis', var('monetary_basis') in ['net', 'gross'], 'net or gross'),
        ('cancellation_days', customer_segmentation.is_between('cancellation_days', 0, 3650),
            'a whole number of days from 0 (off) to 3650'),
        ('max_rejected_share', var('max_rejected_share') is number
            and 0 <= var('max_rejected_share') <= 1, 'a share from 0 to 1'),
        ('rfm_bins', customer_segmentation.is_between('rfm_bins', 2, 9),
            'a whole number from 2 to 9'),
        ('kmeans_k', var('kmeans_k') is none or customer_segmentation.is_between('kmeans_k', 1, 8),
            'a whole number from 1 to 8, or nothing'),
        ('segmentations', var('segmentations') is sequence and var('segmentations') is not string
            and 'rfm' in var('segmentations'), 'a list that holds at least rfm'),
    ] %}
    {% for name, holds, takes in checks if not holds %}
        {% do customer_segmentation.fail(
            'The var ' ~ name ~ " is '" ~ var(name) ~ "'; it takes " ~ takes ~ '.'
        ) %}
    {% endfor %}
{% endmacro %}

{% macro is_between(name, least, most) %}
    {{ return(var(name) is integer and var(name) is not boolean and least <= var(name) <= most) }}
{% endmacro %}

{#
    The var as_of_date as text, 'yyyy-mm-dd', or none where it is not set. Raises where it is no
    date.
#}
{% macro as_of_date_setting() %}
    {% set text = (var('as_of_date') or '') | string | trim %}
    {% if text == '' %}{{ return(none) }}{% endif %}
    {% set is_date = modules.re.match(
        '^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', text
    ) %}
    {% if is_date %}
        {# The first of the month plus the days must still lie in that month. #}
        {% set first = modules.datetime.date(text[:4] | int, text[5:7] | int, 1) %}
        {% set day = first + modules.datetime.timedelta(days=text[8:] | int - 1) %}
        {% set is_date = day.month == first.month %}
    {% endif %}
    {% if not is_date %}
        {% do customer_segmentation.fail(
            "The var as_of_date is '" ~ text ~ "'; it takes a date such as 2011-12-10."
        ) %}
    {% endif %}
    {{ return(text) }}
{% endmacro %}
