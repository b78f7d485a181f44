{# The clock time in a zone named by a column at a moment in UTC. #}
{% macro zoned_time(zone, moment) -%}
    {{ return(adapter.dispatch("zoned_time", "second_order")(zone, moment)) }}
{%- endmacro %}

{% macro duckdb__zoned_time(zone, moment) -%}
    timezone({{ zone }}, make_timestamptz(epoch_us({{ moment }})))
{%- endmacro %}

{# The moment in UTC of a clock time in a zone named by a column. #}
{% macro zoned_moment(zone, clock_time) -%}
    {{ return(adapter.dispatch("zoned_moment", "second_order")(zone, clock_time)) }}
{%- endmacro %}

{% macro duckdb__zoned_moment(zone, clock_time) -%}
    make_timestamp(epoch_us(timezone({{ zone }}, {{ clock_time }})))
{%- endmacro %}
