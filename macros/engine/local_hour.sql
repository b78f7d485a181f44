{# The hour, 0 to 23, of a UTC moment in a zone that differs by row. An unknown zone is an error: see time_zones(). #}
{% macro local_hour(moment, zone) -%}
    {{ return(adapter.dispatch("local_hour", "second_order")(moment, zone)) }}
{%- endmacro %}

{% macro duckdb__local_hour(moment, zone) -%}
    cast(extract(hour from timezone({{ zone }}, make_timestamptz(epoch_us({{ moment }})))) as integer)
{%- endmacro %}
