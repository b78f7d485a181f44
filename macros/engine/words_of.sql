{#
    The words of a text in lower case without accents, with one space around each and no punctuation, so that
    ' word ' finds a whole word and ' begin' the beginning of one.
#}
{% macro words_of(text) -%}
    {{ return(adapter.dispatch("words_of", "second_order")(text)) }}
{%- endmacro %}

{% macro duckdb__words_of(text) -%}
    regexp_replace(' ' || lower(strip_accents({{ text }})) || ' ', '[^\p{L}\p{N}]+', ' ', 'g')
{%- endmacro %}
