{# The number in a global id such as gid://shopify/Order/1001: what the shop's exports and other tools call it by. #}
{% macro shopify_id(expression) -%}
    nullif(regexp_extract({{ expression }}, '/([0-9]+)[^/]*$', 1), '')
{%- endmacro %}
