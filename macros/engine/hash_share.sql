{# A number from 0 up to, never reaching, 1 that stands for a text: evenly spread, the same on every engine. #}
{% macro hash_share(text) -%}
    {{ return(adapter.dispatch("hash_share", "second_order")(text)) }}
{%- endmacro %}

{# 32 bits of the hash: more than shares of people need. #}
{% macro duckdb__hash_share(text) -%}
    cast('0x' || substr(md5({{ text }}), 1, 8) as bigint) / 4294967296.0
{%- endmacro %}
