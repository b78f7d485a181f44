{# In a SELECT's list: a row for each value of a list that stands in JSON. #}
{% macro json_rows(json) -%}
    {{ return(adapter.dispatch("json_rows", "second_order")(json)) }}
{%- endmacro %}

{% macro duckdb__json_rows(json) -%}
    unnest({{ json_list(json) }})
{%- endmacro %}
