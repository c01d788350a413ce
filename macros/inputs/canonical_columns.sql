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
            'country',
            'channel',
            'currency',
            'quantity',
            'unit_price',
            'amount',
            'unit_cost',
            'discount_amount',
            'ordered_at',
        ],
    }[input]) }}
{% endmacro %}

{#
    The mapping of the transactions, checked: only canonical names, and all that is needed. Gives
    the map {canonical name: column of the input}; a canonical name that is not mapped is absent.
#}
{% macro transaction_columns() %}
    {% set mapped = {} %}
    {% for canonical, column in (var('transaction_columns') or {}).items() %}
        {% if canonical not in customer_segmentation.canonical_columns('transactions') %}
            {% do customer_segmentation.fail(
                "'" ~ canonical ~ "' in the var transaction_columns is not a name that this package"
                ~ ' knows; it knows '
                ~ customer_segmentation.canonical_columns('transactions') | join(', ') ~ '.'
            ) %}
        {% endif %}
        {% if column is not none %}{% do mapped.update({canonical: column | string}) %}{% endif %}
    {% endfor %}
    {% for canonical in ['customer_id', 'ordered_at'] if canonical not in mapped %}
        {% do customer_segmentation.fail(
            canonical ~ ' is needed: name the column of transactions that holds it as '
            ~ canonical ~ ' in the var transaction_columns.'
        ) %}
    {% endfor %}
    {% if 'amount' not in mapped and not ('quantity' in mapped and 'unit_price' in mapped) %}
        {% do customer_segmentation.fail(
            'amount, or both quantity and unit_price, is needed: name the columns of transactions'
            ~ ' that hold them in the var transaction_columns.'
        ) %}
    {% endif %}
    {{ return(mapped) }}
{% endmacro %}
