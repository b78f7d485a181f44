{#
    A number that stands for the values of some columns, NULL included, wherever whole rows are joined or grouped by
    long text: eight bytes instead of many. Equal only within one warehouse; of a million values two share a number
    with a probability of 3 in 100 million.
#}
{% macro hash_number(columns) -%}
    {{ return(adapter.dispatch("hash_number", "second_order")(columns)) }}
{%- endmacro %}

{% macro duckdb__hash_number(columns) -%}
    hash({{ columns | join(", ") }})
{%- endmacro %}
