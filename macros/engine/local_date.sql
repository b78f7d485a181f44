{# The shop's local calendar day of a moment in UTC. #}
{% macro local_date(moment) -%}
    {{ return(adapter.dispatch("local_date", "second_order")(moment)) }}
{%- endmacro %}

{% macro duckdb__local_date(moment) -%}
    cast(timezone('{{ setting("timezone") }}', timezone('UTC', {{ moment }})) as date)
{%- endmacro %}
