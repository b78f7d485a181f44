{# What the first of some records is the least of: its moment (a record without one comes last), then its key. #}
{% macro record_order() -%}
    {{ return(adapter.dispatch("record_order", "second_order")()) }}
{%- endmacro %}

{% macro duckdb__record_order() -%}
    row(coalesce(seen_at, cast('9999-12-31' as timestamp)), record_key)
{%- endmacro %}
