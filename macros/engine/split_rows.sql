{# One row per part of a `;`-separated text: a FROM item with the single column `part`, correlated to the row before. #}
{% macro split_rows(text) -%}
    {{ return(adapter.dispatch("split_rows", "second_order")(text)) }}
{%- endmacro %}

{% macro duckdb__split_rows(text) -%}
    unnest(string_split({{ text }}, ';'))
{%- endmacro %}
