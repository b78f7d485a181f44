{# A FROM item with one row per part of a `;`-separated text of the row before it, in the single column `part`. #}
{% macro split_rows(text) -%}
    {{ return(adapter.dispatch("split_rows", "second_order")(text)) }}
{%- endmacro %}

{% macro duckdb__split_rows(text) -%}
    lateral (select unnest(string_split({{ text }}, ';')) as part)
{%- endmacro %}
