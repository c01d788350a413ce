{# The columns of customers that tell what they bought: features for customers with an order. #}
{% macro features_bought() %}
    {{ return(['recency_days', 'frequency', 'monetary', 'gross_amount', 'return_amount',
               'net_amount', 'cancelled_order_count', 'distinct_product_count', 'tenure_days',
               'return_rate', 'average_order_value', 'average_basket_units']) }}
{% endmacro %}

{# The columns of customers that tell who they are, as numbers. #}
{% macro features_numeric() %}
    {{ return(['age', 'annual_income'] + customer_segmentation.psychographic_columns()
              + customer_segmentation.attribute_columns('number')) }}
{% endmacro %}

{# The columns of customers that tell who they are, as one of a few texts. #}
{% macro features_categorical() %}
    {{ return(['gender', 'customer_type'] + customer_segmentation.attribute_columns('text')) }}
{% endmacro %}

{#
    The feature sets that k-means can be fitted to: those in the var feature_sets of which the
    inputs are there. The set psychographic takes every psychographic column where it names none.

    feature_sets()   ->   {'rfm': {'features': ['recency_days', …], 'scaling': …, 'k': none,
                           'has_orders': true}, …}
#}
{% macro feature_sets() %}
    {% set sets = {} %}
    {% set named = {'psychographic': {'features': [], 'scaling': 'standard'}} %}
    {% do named.update(var('feature_sets') or {}) %}
    {% for name, settings in named.items() %}
        {% set features = [] %}
        {% for feature in settings.features %}
            {% do features.append(customer_segmentation.column_name(feature)) %}
        {% endfor %}
        {% if not features and name == 'psychographic' %}
            {% do features.extend(customer_segmentation.psychographic_columns()) %}
        {% endif %}
        {% set bought = features | select('in', customer_segmentation.features_bought()) | list %}
        {% set has_inputs = (not bought or customer_segmentation.has_input('transactions'))
            and (features == bought or customer_segmentation.has_input('customers')) %}
        {% if features and has_inputs %}
            {% do sets.update({name: {
                'features': features,
                'scaling': settings.scaling,
                'k': settings.k | default(var('kmeans_k'), true),
                'has_orders': bought | length > 0,
            }}) %}
        {% endif %}
    {% endfor %}
    {{ return(sets) }}
{% endmacro %}

{# The features of any feature set that are texts. #}
{% macro categorical_features_in_use() %}
    {% set used = [] %}
    {% for settings in customer_segmentation.feature_sets().values() %}
        {% for feature in settings.features
            if feature in customer_segmentation.features_categorical() and feature not in used %}
            {% do used.append(feature) %}
        {% endfor %}
    {% endfor %}
    {{ return(used) }}
{% endmacro %}
