{# Whether a regular expression is found anywhere in a text. #}
{% macro matches_pattern(text, pattern) -%}
    {{ return(adapter.dispatch("matches_pattern", "second_order")(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_pattern(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}
