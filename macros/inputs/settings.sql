{#
    Checks every setting while dbt reads the project, so that a wrong one stops a build before it
    starts; what the engine cannot do, when the first model runs. Raises one sentence that names the
    var, its value and what it takes.
#}
{% macro check_settings() %}
    {% do customer_segmentation.check_names() %}
    {% do customer_segmentation.as_of_date_setting() %}
    {% set segmentations = var('segmentations') %}
    {% set parts = var('hybrid_segmentations') %}
    {% set checks = [
        ('customer_columns', (var('customer_columns') or {}) is mapping,
            'a map of names to columns'),
        ('transaction_headings', var('transaction_headings') is sequence
            and var('transaction_headings') is not string
            and var('transaction_headings') | map('lower') | unique | list | length
            == var('transaction_headings') | length, 'a list of names, each once'),
        ('exchange_rates', var('exchange_rates') is none or var('exchange_rates') is string,
            'a relation or a file, or nothing'),
        ('timezone', var('timezone') in modules.pytz.all_timezones,
            'a name of the tz database such as Europe/London'),
        ('duplicates', var('duplicates') in ['remove', 'keep'], 'remove or keep'),
        ('monetary_basis', var('monetary_basis') in ['net', 'gross'], 'net or gross'),
        ('rfm_scoring', var('rfm_scoring') in ['ntile', 'thresholds'], 'ntile or thresholds'),
        ('rfm_bins', customer_segmentation.rfm_bins() == 5
            or 'rfm_segment_map' in (var('seed_overrides') or {}),
            '5, unless seed_overrides names an rfm_segment_map for the other scores'),
        ('cancellation_days', customer_segmentation.is_between('cancellation_days', 0, 3650),
            'a whole number of days from 0 (off) to 3650'),
        ('max_rejected_share', var('max_rejected_share') is number
            and 0 <= var('max_rejected_share') <= 1, 'a share from 0 to 1'),
        ('kmeans_k', var('kmeans_k') is none or customer_segmentation.is_between('kmeans_k', 1, 8),
            'a whole number from 1 to 8, or nothing'),
        ('segmentations', segmentations is sequence and segmentations is not string
            and 'rfm' in segmentations, 'a list that holds at least rfm'),
        ('segmentations', customer_segmentation.runs_python_models() or not execute
            or not ('kmeans' in segmentations or 'psychographic' in segmentations),
            'neither kmeans nor psychographic on ' ~ adapter.type()
            ~ ', where the Python model of k-means cannot run'),
        ('history_months', customer_segmentation.is_between('history_months', 0, 240),
            'a whole number of months from 0 (off) to 240'),
        ('rfm_window_months', var('rfm_window_months') is none
            or customer_segmentation.is_between('rfm_window_months', 1, 240),
            'a whole number of months from 1 to 240, or nothing'),
        ('fiscal_year_month', var('fiscal_year_month') is none
            or customer_segmentation.is_between('fiscal_year_month', 1, 12),
            'a month from 1 to 12, or nothing'),
        ('predict_value', var('predict_value') in [true, false], 'true or false'),
        ('metrics', var('metrics') in [true, false], 'true or false'),
        ('predict_value', customer_segmentation.runs_python_models() or not execute
            or not ('value' in segmentations and var('predict_value')),
            'false on ' ~ adapter.type()
            ~ ', where the Python model of predicted value cannot run'),
        ('hybrid_segmentations', 'hybrid' not in segmentations or (
            parts is sequence and parts is not string and parts | length > 1
            and parts | unique | list | length == parts | length and 'hybrid' not in parts
            and not customer_segmentation.hybrid_parts()
            | reject('in', customer_segmentation.segmentation_names()) | list),
            'a list of two or more of the var segmentations, without hybrid'),
        ('score_within', var('score_within') is none
            or var('score_within') in ['store', 'brand', 'channel'],
            'store, brand or channel, or nothing'),
        ('score_within', var('score_within') is none
            or var('score_within') in customer_segmentation.input_columns('transactions'),
            'a column of transactions that the var transaction_columns maps'),
        ('max_days_without_orders', var('max_days_without_orders') is none
            or customer_segmentation.is_between('max_days_without_orders', 1, 3650),
            'a whole number of days from 1 to 3650, or nothing'),
        ('feature_sets', 'kmeans' not in segmentations or 'rfm' in (var('feature_sets') or {}),
            'a map that holds at least rfm, which the segmentation kmeans clusters'),
    ] %}
    {% for name, holds, takes in checks if not holds %}
        {% do customer_segmentation.fail_for(name, takes) %}
    {% endfor %}
    {% for input in ['transactions', 'customers'] %}
        {% do customer_segmentation.check_layout(input) %}
    {% endfor %}
    {% do customer_segmentation.check_listed_columns() %}
    {% do customer_segmentation.check_feature_sets() %}
    {% do customer_segmentation.check_seed_overrides() %}
{% endmacro %}

{# How an input is written: what input_setting reads. #}
{% macro check_layout(input) %}
    {% set delimiter = customer_segmentation.input_setting('delimiter', input) %}
    {% set formats = customer_segmentation.date_formats() | list %}
    {% set checks = [
        ('encoding', ['utf-8', 'latin-1', 'utf-16'], 'utf-8, latin-1 or utf-16'),
        ('decimal_separator', ['.', ','], "'.' or ','"),
        ('date_format', [none] + formats, formats | join(', ') ~ ', or nothing'),
    ] %}
    {% for name, values, takes in checks
        if customer_segmentation.input_setting(name, input) not in values %}
        {% do customer_segmentation.fail_for(name, takes) %}
    {% endfor %}
    {% if delimiter not in [none, 'whitespace'] and (delimiter is not string
        or delimiter.encode('utf-8') | length > 4 or '"' in delimiter) %}
        {% do customer_segmentation.fail_for(
            'delimiter', 'the one to four characters between two columns, whitespace, or nothing'
        ) %}
    {% endif %}
{% endmacro %}

{#
    The columns in psychographic_columns and attribute_columns have types that this package knows,
    and names that nothing else has.
#}
{% macro check_listed_columns() %}
    {% for type in customer_segmentation.attribute_types().values()
        if type not in ['text', 'number'] %}
        {% do customer_segmentation.fail_for(
            'attribute_columns', 'a map of columns to text or number'
        ) %}
    {% endfor %}
    {% for heading in customer_segmentation.psychographic_headings()
        + customer_segmentation.attribute_types() | list
        if customer_segmentation.column_name(heading) == '' %}
        {% do customer_segmentation.fail(
            "The column '" ~ heading ~ "' has no Latin letter or digit to be named by: map it to a"
            ~ ' name of its own in customer_columns, and list that.', while_parsing=true
        ) %}
    {% endfor %}
    {% set names =
        customer_segmentation.psychographic_columns() + customer_segmentation.attribute_columns() %}
    {% set taken = customer_segmentation.canonical_columns('customers')
        + customer_segmentation.features_bought() + ['as_of_date', 'customer_status'] %}
    {% for name in names if name in taken or names.count(name) > 1 %}
        {% do customer_segmentation.fail(
            "The vars psychographic_columns and attribute_columns name '" ~ name
            ~ "', which has another meaning or stands there twice: map the column to a name of its"
            ~ ' own in customer_columns, and list that.', while_parsing=true
        ) %}
    {% endfor %}
{% endmacro %}

{# There is an input, and a day on which ages are told. #}
{% macro check_inputs() %}
    {% if not customer_segmentation.has_input('transactions')
        and not customer_segmentation.has_input('customers') %}
        {% do customer_segmentation.fail(
            'No input: name a relation or a file in the var transactions, or in the var customers.'
        ) %}
    {% elif not customer_segmentation.has_input('transactions')
        and 'birth_date' in customer_segmentation.input_columns('customers')
        and not customer_segmentation.as_of_date_setting() %}
        {% do customer_segmentation.fail(
            'Without transactions, nothing says as of which date a birth_date is an age: name the'
            ~ ' date in the var as_of_date.'
        ) %}
    {% endif %}
{% endmacro %}

{# Every feature set lists known features of customers, and a scaling that the fit knows. #}
{% macro check_feature_sets() %}
    {% set known = customer_segmentation.features_bought()
        + customer_segmentation.features_numeric() + customer_segmentation.features_categorical() %}
    {% for name, settings in (var('feature_sets') or {}).items() %}
        {% set features = settings.features if settings is mapping else none %}
        {% set unknown = [] %}
        {% for feature in (features if features is not string else none) or []
            if customer_segmentation.column_name(feature) not in known %}
            {% do unknown.append(feature) %}
        {% endfor %}
        {% if features is string or features is not sequence or unknown
            or (not features and name != 'psychographic')
            or settings.scaling not in ['none', 'standard', 'log_standard'] %}
            {% do customer_segmentation.fail(
                'The feature set ' ~ name ~ ' in the var feature_sets takes features, a list of '
                ~ known | join(', ') ~ ', and scaling, none, standard or log_standard.',
                while_parsing=true
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#
    Every relation in seed_overrides is there. Also makes the model that calls this descend from all
    seeds, so that a seed whose tests fail stops the build before any table changes.
#}
{% macro check_seed_overrides() %}
    {% for name in customer_segmentation.replaceable_seeds() %}
        {% set relation = customer_segmentation.seed_relation(name) %}
        {% if name in (var('seed_overrides') or {}) %}
            {% do customer_segmentation.input_headings(relation) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{# Stops the build because a var has a value that it does not take. #}
{% macro fail_for(name, takes) %}
    {% do customer_segmentation.fail(
        'The var ' ~ name ~ " is '" ~ var(name) ~ "'; it takes " ~ takes ~ '.', while_parsing=true
    ) %}
{% endmacro %}

{# The var rfm_bins, the number of score values. Raises when it is no such number. #}
{% macro rfm_bins() %}
    {% if not customer_segmentation.is_between('rfm_bins', 2, 9) %}
        {% do customer_segmentation.fail_for('rfm_bins', 'a whole number from 2 to 9') %}
    {% endif %}
    {{ return(var('rfm_bins')) }}
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
        {% do customer_segmentation.fail_for('as_of_date', 'a date such as 2011-12-10') %}
    {% endif %}
    {{ return(text) }}
{% endmacro %}

{#
    Stops the build when a model, seed or snapshot of the consumer bears the name of one of this
    package's, and dbt has therefore taken the consumer's where this package means its own.
#}
{% macro check_names() %}
    {% if execute and project_name != 'customer_segmentation' %}
        {% set nodes = graph.nodes.values()
            | selectattr('package_name', 'eq', 'customer_segmentation') | list %}
        {% set names = nodes | map(attribute='name') | list %}
        {% for node in nodes %}
            {% for ref in node.refs or [] if ref.name in names and not ref.package %}
                {% set theirs = '.' ~ project_name ~ '.' ~ ref.name %}
                {% for parent in node.depends_on.nodes if parent.endswith(theirs) %}
                    {% do customer_segmentation.fail(
                        'Your project has a ' ~ ref.name ~ ', as this package has: in your'
                        ~ ' dbt_project.yml set the flag'
                        ~ ' require_ref_searches_node_package_before_root to true, so that each'
                        ~ ' means its own.'
                    ) %}
                {% endfor %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
