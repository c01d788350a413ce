{#
    What stands behind FROM for an input: the relation that the var names, or a reader of the file
    that it names. Files are read as text, so that no type guessed from the first rows can fail on
    a later one; staging casts.

    input: transactions, customers or exchange_rates. Gives SQL text. Fails when the var is empty,
    the ending is unknown or no file is there. A path may be a pattern such as data/2024-*.csv: the
    files are read as one.
#}
{% macro input_relation(input) %}
    {% set value = var(input) | trim %}
    {% set is_compressed = value.lower().endswith('.gz') %}
    {% set ending = (value[:-3] if is_compressed else value).split('.')[-1] | lower %}
    {% set path = customer_segmentation.text_literal(value) %}
    {% set is_text = ending in ['csv', 'tsv', 'txt'] %}
    {% set is_known = is_text or (ending in ['parquet', 'xlsx'] and not is_compressed) %}
    {% set is_file = is_known or '/' in value or '\\' in value
        or ending in ['xls', 'json', 'zip'] %}

    {% if value == '' %}
        {% do customer_segmentation.fail(
            'No input: name a relation or a file in the var ' ~ input ~ '.'
        ) %}
    {% elif is_file and not customer_segmentation.reads_files() %}
        {% do customer_segmentation.fail(
            'The file ' ~ value ~ ' in the var ' ~ input ~ ' cannot be read on ' ~ adapter.type()
            ~ ': load it into a table, and name that relation in the var.'
        ) %}
    {% elif is_known %}
        {% if execute and run_query('select * from glob(' ~ path ~ ')').rows | length == 0 %}
            {% do customer_segmentation.fail(
                'There is no file ' ~ value ~ ': correct the path in the var ' ~ input
                ~ ' (paths start at the project folder).'
            ) %}
        {% endif %}
        {% if ending == 'xlsx' and input == 'exchange_rates' %}
            {% do customer_segmentation.fail(
                'The workbook ' ~ value ~ ' in the var exchange_rates cannot be read: save its'
                ~ ' sheet as .csv.'
            ) %}
        {% elif ending == 'xlsx' %}
            {{ return(customer_segmentation.workbook_rows(input)) }}
        {% elif ending == 'parquet' %}
            {{ return('read_parquet(' ~ path ~ ', union_by_name = true)') }}
        {% elif customer_segmentation.input_setting('delimiter', input) == 'whitespace' %}
            {{ return(customer_segmentation.aligned_text_reader(path, input)) }}
        {% endif %}
        {{ return(customer_segmentation.text_reader(path, input)) }}
    {% elif is_file %}
        {% do customer_segmentation.fail(
            'The file ' ~ value ~ ' in the var ' ~ input ~ ' is of a kind that cannot be read: save'
            ~ ' it as .csv, .tsv or .txt, also compressed as .gz, or as .parquet or .xlsx.'
        ) %}
    {% endif %}
    {{ return(value) }}
{% endmacro %}

{#
    An input as a map: relation (what stands behind FROM), headings (as input_headings gives them)
    and mapping (canonical name: the column that the input has). Of an input that there is not, the
    relation has no column, and the others are empty.
#}
{% macro resolved_input(input) %}
    {% if not customer_segmentation.has_input(input) %}
        {{ return({'relation': '(select 1 as nothing)', 'headings': {}, 'mapping': {}}) }}
    {% endif %}
    {% set relation = customer_segmentation.input_relation(input) %}
    {% set headings = customer_segmentation.input_headings(relation) %}
    {% set mapping = customer_segmentation.resolved_mapping(
        customer_segmentation.input_columns(input), headings
    ) %}
    {{ return({'relation': relation, 'headings': headings, 'mapping': mapping}) }}
{% endmacro %}

{# An input's part of the model that reads workbooks, with the workbook's own headings. #}
{% macro workbook_rows(input) %}
    {% set workbooks = ref('customer_segmentation', 'stg_segmentation__workbooks') %}
    {% set columns = ['input'] %}
    {% if execute and flags.WHICH not in ['compile', 'generate'] %}
        {% set query = 'select * from ' ~ workbooks ~ ' limit 0' %}
        {% set columns = [] %}
        {% for name in customer_segmentation.query_columns(query)
            if name.startswith(input ~ ':') %}
            {% do columns.append(
                customer_segmentation.quote_name(name) ~ ' as '
                ~ customer_segmentation.quote_name(name[input | length + 1:])
            ) %}
        {% endfor %}
    {% endif %}
    {{ return(
        '(select ' ~ columns | join(', ') ~ ' from ' ~ workbooks ~ " where input = '" ~ input
        ~ "')"
    ) }}
{% endmacro %}

{#
    Reads delimited text, every column as text. What DuckDB would otherwise guess from the first
    rows is fixed here wherever a wrong guess loses rows: it skips lines on top that do not fit, and
    takes lines that start with # for comments. Only the delimiter is guessed, unless the var names
    it. The first line holds the headings, unless the var transaction_headings does.

    path: a SQL text literal, of one file or of a pattern for several.
#}
{% macro text_reader(path, input) %}
    {% set delimiter = customer_segmentation.input_setting('delimiter', input) %}
    {% set headings = customer_segmentation.given_headings(input) %}
    {% set names = customer_segmentation.text_literals(headings) %}
    {{ return(
        'read_csv(' ~ path ~ ", all_varchar = true, skip = 0, comment = '',"
        ~ " quote = '\"', escape = '\"', union_by_name = true, encoding = "
        ~ customer_segmentation.text_literal(
            customer_segmentation.input_setting('encoding', input)
        ) ~ (', delim = ' ~ customer_segmentation.text_literal(delimiter) if delimiter else '')
        ~ (', header = false, names = [' ~ names ~ ']' if headings else ', header = true') ~ ')'
    ) }}
{% endmacro %}

{#
    Reads text whose columns are set apart by blanks, as many as it takes to align them. No blank
    can stand within a field. A line with more or fewer fields than headings ends the query.

    path: a SQL text literal, of one file or of a pattern for several.
#}
{% macro aligned_text_reader(path, input) %}
    {% set lines = 'read_csv(' ~ path ~ ", all_varchar = true, skip = 0, comment = '', quote = '',"
        ~ " escape = '', delim = chr(31), encoding = "
        ~ customer_segmentation.text_literal(
            customer_segmentation.input_setting('encoding', input)
        ) %}
    {% set headings = customer_segmentation.given_headings(input) %}
    {% if not headings %}
        {# A file of one column: its heading is the whole first line. #}
        {% set lines = lines ~ ', header = true' %}
        {% set first = customer_segmentation.input_headings(lines ~ ')') | first | default('') %}
        {% set headings = first.split() %}
        {% set line = customer_segmentation.quote_name(first) %}
    {% else %}
        {% set lines = lines ~ ", header = false, names = ['line']" %}
        {% set line = 'line' %}
    {% endif %}
    {% set fields = 'regexp_extract_all(' ~ line ~ ", '[^[:space:]]+')" %}
    {% set wrong = "'customer_segmentation: A line of the input has ' || len(fields)"
        ~ " || ' columns and the headings are " ~ headings | length
        ~ ": correct that line, or the vars delimiter and transaction_headings.'" %}
    {% set columns = [] %}
    {% for heading in headings %}
        {% do columns.append(
            'case when len(fields) = ' ~ headings | length ~ ' then fields[' ~ loop.index
            ~ '] else ' ~ customer_segmentation.raise_error(wrong) ~ ' end as '
            ~ customer_segmentation.quote_name(heading)
        ) %}
    {% endfor %}
    {{ return(
        '(select ' ~ columns | join(', ') ~ ' from (select ' ~ fields ~ ' as fields from '
        ~ lines ~ ')) where len(fields) > 0)'
    ) }}
{% endmacro %}

{#
    The headings of an input and their types, as a map in the input's order; empty where nothing may
    be asked yet: while dbt parses, and of a relation when it only compiles, as for the docs,
    perhaps before the input was ever built.
#}
{% macro input_headings(relation) %}
    {% set headings = {} %}
    {% set is_there = flags.WHICH not in ['compile', 'generate'] or relation.startswith('read_') %}
    {% if execute and is_there %}
        {% set query = 'select * from ' ~ relation ~ ' as input_rows limit 0' %}
        {% for name, type in customer_segmentation.query_columns(query).items() %}
            {% do headings.update({name: type | lower}) %}
        {% endfor %}
    {% endif %}
    {{ return(headings) }}
{% endmacro %}

{# The type of an input's column, in lower case; empty where it is not known. #}
{% macro input_type(column, headings) %}
    {% for name, type in headings.items() if name | lower == column | lower %}
        {{ return(type) }}
    {% endfor %}
    {{ return('') }}
{% endmacro %}

{#
    An input's column as text, always behind the input's alias: unqualified, a missing one would
    silently resolve to an alias of the same name.

    {{ input_text('Unit "Price"', headings) }}   ->   cast(input_rows."Unit ""Price""" as string)

    A floating-point number has no exact decimal form (0.1 + 0.2 is 0.30000000000000004), so it is
    rounded to as many digits as staging keeps, if any are given. A number is told with the
    separator that the input's texts are said to have. A moment with a time zone is told in UTC.

    headings: as input_headings gives them. scale: digits behind the point, for a number.
    separator: what stands before the decimals of the input's texts.
#}
{% macro input_text(column, headings, scale=none, separator='.') -%}
    {%- set type = customer_segmentation.input_type(column, headings) -%}
    {%- set is_float = type in ['double', 'float', 'real'] -%}
    {%- set quoted = 'input_rows.' ~ customer_segmentation.quote_name(column) -%}
    {%- set text = 'cast(' ~ quoted ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- if type == 'timestamp with time zone' -%}
        {%- set text = 'cast(' ~ quoted ~ " at time zone 'UTC' as " ~ dbt.type_string() ~ ") || 'Z'"
        -%}
    {%- elif is_float and scale is not none -%}
        {%- set rounded = customer_segmentation.try_cast(quoted, 'decimal(38, ' ~ scale ~ ')') -%}
        {%- set text =
            'coalesce(cast(' ~ rounded ~ ' as ' ~ dbt.type_string() ~ '), ' ~ text ~ ')' -%}
    {%- elif is_float -%}
        {%- set text = customer_segmentation.float_text(quoted) -%}
    {%- endif -%}
    {%- set is_text = type in ['', 'varchar', 'string'] -%}
    {%- if scale is not none and separator == ',' and not is_text -%}
        {%- set text = 'replace(' ~ text ~ ", '.', ',')" -%}
    {%- endif -%}
    {{ text }}
{%- endmacro %}

{#
    Stops the build when a mapped column is not among the input's headings, and names both.
    Headings compare without regard to case, as the engine does. Where none are known yet, it does
    nothing.
#}
{% macro check_mapped_columns(input, mapping, headings) %}
    {% set known = headings | map('lower') | list %}
    {% set named = customer_segmentation.given_headings(input) %}
    {% if not known %}{{ return('') }}{% endif %}
    {% if known | length == 1 and mapping.values() | unique | list | length > 1 %}
        {% do customer_segmentation.fail(
            'The input ' ~ input ~ ' cannot be divided into columns, only into "'
            ~ headings | join(', ') ~ '": give every line as many columns as the heading, close'
            ~ ' every quote, or name what stands between them in the var delimiter.'
        ) %}
    {% elif named and named | length != known | length %}
        {% do customer_segmentation.fail(
            'The var transaction_headings names ' ~ named | length ~ ' columns and the input '
            ~ input ~ ' has ' ~ known | length ~ ': name each of them, in their order.'
        ) %}
    {% endif %}
    {% for canonical, column in mapping.items() if column | lower not in known %}
        {% do customer_segmentation.fail(
            'The input ' ~ input ~ ' has no column "' ~ column ~ '", which the mapping names for '
            ~ canonical ~ '; it has: ' ~ headings | join(', ') ~ '.'
        ) %}
    {% endfor %}
{% endmacro %}

{#
    One of the vars encoding, delimiter, decimal_separator and date_format, for one input. Such a
    var has one value for both inputs, or a map with one for each. Exchange rates do not come from
    the shop, and are always read as usual.

    vars: {encoding: {customers: latin-1}}
    input_setting('encoding', 'customers')      ->   latin-1
    input_setting('encoding', 'transactions')   ->   utf-8
#}
{% macro input_setting(name, input) %}
    {% set usual = {'encoding': 'utf-8', 'decimal_separator': '.'}.get(name) %}
    {% set value = var(name) if input != 'exchange_rates' else {} %}
    {{ return(value.get(input, usual) if value is mapping else value) }}
{% endmacro %}

{# The names of an input's columns where the vars give them, because its file does not. #}
{% macro given_headings(input) %}
    {{ return(var('transaction_headings') if input == 'transactions' else []) }}
{% endmacro %}

{#
    A mapping with the column that the input has, where it names several: the first that is there,
    or else the first. headings: as input_headings gives them, perhaps none.
#}
{% macro resolved_mapping(mapping, headings) %}
    {% set known = headings | map('lower') | list %}
    {% set resolved = {} %}
    {% for canonical, column in mapping.items() %}
        {% set columns = [column] if column is string else column %}
        {% set found = columns | select('string') | list %}
        {% for name in columns | reverse if name | lower in known %}
            {% do found.insert(0, name) %}
        {% endfor %}
        {% do resolved.update({canonical: found | first}) %}
    {% endfor %}
    {{ return(resolved) }}
{% endmacro %}
