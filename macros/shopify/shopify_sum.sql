{# The sum of numbers at a place in a JSON value that stands for several, such as `$.taxLines[*].rate`; 0 of none. #}
{% macro shopify_sum(json, at) -%}
    coalesce(list_sum(list_transform(
        json_extract_string({{ json }}, '{{ at }}'), lambda number: cast(number as decimal(18, 6))
    )), 0)
{%- endmacro %}
