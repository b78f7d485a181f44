{# Several values as one that compares like them: by the first, among equal ones by the second, and so on. #}
{% macro sort_key(values) -%}
    {{ return(adapter.dispatch("sort_key", "second_order")(values)) }}
{%- endmacro %}

{% macro duckdb__sort_key(values) -%}
    row({{ values | join(", ") }})
{%- endmacro %}
