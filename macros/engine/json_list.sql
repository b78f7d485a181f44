{# A list that stands in JSON, as a list of JSON values; NULL where there is none. #}
{% macro json_list(json) -%}
    {{ return(adapter.dispatch("json_list", "second_order")(json)) }}
{%- endmacro %}

{% macro duckdb__json_list(json) -%}
    cast({{ json }} as json[])
{%- endmacro %}
