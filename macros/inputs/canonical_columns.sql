{#
    The canonical columns of an input, in the order in which models carry them.

    canonical_columns('transactions')   ->   ['customer_id', 'order_id', …]
#}
{% macro canonical_columns(input) %}
    {{ return({
        'transactions': [
            'customer_id',
            'order_id',
            'line_id',
            'product_id',
            'product_name',
            'brand',
            'country',
            'channel',
            'store',
            'currency',
            'quantity',
            'unit_price',
            'amount',
            'unit_cost',
            'discount_amount',
            'ordered_at',
        ],
        'customers': [
            'customer_id',
            'gender',
            'birth_date',
            'age',
            'annual_income',
            'city',
            'region',
            'country',
            'customer_type',
            'signed_up_on',
            'marketing_allowed',
            'profiling_allowed',
        ],
    }[input]) }}
{% endmacro %}

{#
    The mapping of an input, as the vars transaction_columns and customer_columns give it: canonical
    name: column of the input, or a list of columns of which the input has one. A name that is not
    mapped is absent, and so is every name of an input that there is not. Of customers, the columns
    in psychographic_columns and attribute_columns are in it, too. Stops the build where a name is
    not canonical, or one that is needed is not mapped.

    input_columns('customers')   ->   {'customer_id': 'CustomerID', 'gender': ['Gender', 'Genre']}
#}
{% macro input_columns(input) %}
    {% if not customer_segmentation.has_input(input) %}{{ return({}) }}{% endif %}
    {% set setting = {'transactions': 'transaction_columns', 'customers': 'customer_columns'}[input]
    %}
    {% set listed = customer_segmentation.listed_columns() if input == 'customers' else {} %}
    {% set known = customer_segmentation.canonical_columns(input) + listed | list %}
    {% set mapped = {} %}
    {% for canonical, column in (var(setting) or {}).items() %}
        {% if canonical not in known %}
            {% do customer_segmentation.fail(
                "'" ~ canonical ~ "' in the var " ~ setting ~ ' is not a name that this package'
                ~ ' knows; it knows ' ~ known | join(', ')
                ~ (', and what psychographic_columns and attribute_columns list.'
                   if input == 'customers' else '.')
            ) %}
        {% elif column is sequence and column is not string %}
            {% do mapped.update({canonical: column | map('string') | list}) %}
        {% elif column is not none %}
            {% do mapped.update({canonical: column | string}) %}
        {% endif %}
    {% endfor %}
    {% for name, column in listed.items() if name not in mapped %}
        {% do mapped.update({name: column}) %}
    {% endfor %}
    {% for canonical in ['customer_id'] + (['ordered_at'] if input == 'transactions' else [])
        if canonical not in mapped %}
        {% do customer_segmentation.fail(
            canonical ~ ' is needed: name the column of ' ~ input ~ ' that holds it as '
            ~ canonical ~ ' in the var ' ~ setting ~ '.'
        ) %}
    {% endfor %}
    {% if input == 'transactions' and 'amount' not in mapped
        and not ('quantity' in mapped and 'unit_price' in mapped) %}
        {% do customer_segmentation.fail(
            'amount, or both quantity and unit_price, is needed: name the columns of transactions'
            ~ ' that hold them in the var transaction_columns.'
        ) %}
    {% endif %}
    {{ return(mapped) }}
{% endmacro %}

{#
    Whether there is an input: the var of that name is not empty, and is not the demo's beside an
    input of somebody's own.
#}
{% macro has_input(input) %}
    {% set other = {'transactions': 'customers', 'customers': 'transactions'}[input] %}
    {% set named = (var(input) or '') | string | trim %}
    {% set other_named = (var(other) or '') | string | trim %}
    {% set is_demo = named.strip('"`').endswith('demo_' ~ input) %}
    {% set is_beside_another = is_demo and other_named != ''
        and not other_named.strip('"`').endswith('demo_' ~ other) %}
    {{ return(named != '' and not (execute and is_beside_another)) }}
{% endmacro %}

{#
    The columns of customers that no canonical name fits, each with its heading: psychographic ones,
    which are numbers, and attributes.

    vars: {psychographic_columns: [Spending Score (1-100)], attribute_columns: {tier: text}}
    listed_columns()   ->   {'spending_score_1_100': 'Spending Score (1-100)', 'tier': 'tier'}
#}
{% macro listed_columns() %}
    {% set listed = {} %}
    {% for heading in customer_segmentation.psychographic_headings()
        + customer_segmentation.attribute_types() | list %}
        {% do listed.update({customer_segmentation.column_name(heading): heading}) %}
    {% endfor %}
    {{ return(listed) }}
{% endmacro %}

{#
    A heading as the name of a column: lower case without accents, digits and underscores.

    column_name('Spending Score (1-100)')   ->   spending_score_1_100
    column_name('Santé')                    ->   sante
#}
{% macro column_name(heading) %}
    {% set name = namespace(text=heading | string | lower) %}
    {% for accented, plain in [
        ('àáâãäå', 'a'), ('ç', 'c'), ('èéêë', 'e'), ('ìíîï', 'i'), ('ñ', 'n'), ('òóôõöø', 'o'),
        ('ùúûü', 'u'), ('ýÿ', 'y'), ('ß', 'ss'),
    ] %}
        {% set name.text = modules.re.sub('[' ~ accented ~ ']', plain, name.text) %}
    {% endfor %}
    {{ return(modules.re.sub('[^a-z0-9]+', '_', name.text).strip('_')) }}
{% endmacro %}

{# The headings in the var psychographic_columns, a list or a text with commas. #}
{% macro psychographic_headings() %}
    {% set listed = var('psychographic_columns') or [] %}
    {% if listed is string %}
        {% set listed = listed.split(',') | map('trim') | reject('equalto', '') | list %}
    {% endif %}
    {{ return(listed) }}
{% endmacro %}

{# The names of the psychographic columns: answers to a survey, scores. #}
{% macro psychographic_columns() %}
    {% set names = [] %}
    {% for heading in customer_segmentation.psychographic_headings() %}
        {% do names.append(customer_segmentation.column_name(heading)) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{#
    The var attribute_columns as a map heading: type, text or number. A list names texts, and a text
    is read as YAML.
#}
{% macro attribute_types() %}
    {% set listed = var('attribute_columns') or {} %}
    {% if listed is string %}{% set listed = fromyaml('{' ~ listed ~ '}') %}{% endif %}
    {% if listed is mapping %}{{ return(listed) }}{% endif %}
    {% set types = {} %}
    {% for heading in listed %}{% do types.update({heading: 'text'}) %}{% endfor %}
    {{ return(types) }}
{% endmacro %}

{# The names of the attributes of that type, text or number; of both, where none is given. #}
{% macro attribute_columns(type=none) %}
    {% set names = [] %}
    {% for heading, its_type in customer_segmentation.attribute_types().items() %}
        {% if type in [none, its_type] %}
            {% do names.append(customer_segmentation.column_name(heading)) %}
        {% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{#
    The names and headings of the columns that are read of customers, less those of columns that the
    var acknowledged_columns names, by either: a map heading: whether a var lists the column, which
    then has no meaning of its own.
#}
{% macro headings_to_acknowledge() %}
    {% set acknowledged = [] %}
    {% for name in var('acknowledged_columns') or [] %}
        {% do acknowledged.append(customer_segmentation.column_name(name)) %}
    {% endfor %}
    {% set found = {} %}
    {% set listed = customer_segmentation.listed_columns() %}
    {% for column, headings in customer_segmentation.input_columns('customers').items() %}
        {% set names = [column] + ([headings] if headings is string else headings) %}
        {% set known = [] %}
        {% for name in names if customer_segmentation.column_name(name) in acknowledged %}
            {% do known.append(name) %}
        {% endfor %}
        {% for name in names if not known %}
            {% do found.update({name: column in listed}) %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
