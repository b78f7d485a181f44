{# A stable hash of text as 32 hexadecimal digits: the same on every engine. #}
{% macro hash_text(text) -%}
    {{ return(adapter.dispatch("hash_text", "second_order")(text)) }}
{%- endmacro %}

{% macro duckdb__hash_text(text) -%}
    md5({{ text }})
{%- endmacro %}
