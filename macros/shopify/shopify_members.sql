{# The members of the list at a place in a JSON value, as rows of JSON. #}
{% macro shopify_members(json, at) -%}
    unnest(json_extract({{ json }}, '{{ at }}[*]'))
{%- endmacro %}
