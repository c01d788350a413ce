-- Neither the demo's seeds nor the examples' belong to an installed package
{%- set strangers = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() if node.package_name == 'customer_segmentation' %}
        {%- set path = node.original_file_path %}
        {%- if path.startswith('seeds/demo') or path.startswith('seeds/examples') %}
            {%- do strangers.append(node.unique_id) %}
        {%- endif %}
    {%- endfor %}
{%- endif %}

select '{{ strangers | join(', ') }}' as strangers
where '{{ strangers | join(', ') }}' <> ''
