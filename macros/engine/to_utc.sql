{#
    Text as delivered to a moment in UTC. Without an offset it is meant in the shop's zone: a local time that happens
    twice is the later one, one that doesn't happen moves forward an hour (both are what ICU does by itself).
#}
{% macro to_utc(text) -%}
    {{ return(adapter.dispatch("to_utc", "second_order")(text)) }}
{%- endmacro %}

{% macro duckdb__to_utc(text) -%}
    case
        {# Most tools write UTC, which needs no zone at all: 0.3 µs a row less. #}
        when suffix({{ text }}, 'Z') or suffix({{ text }}, '+00') or suffix({{ text }}, '+00:00')
            then cast({{ text }} as timestamp)
        when not regexp_matches(substr({{ text }}, 14), '[-+zZ]')
            then timezone('UTC', timezone('{{ setting("timezone") }}', cast({{ text }} as timestamp)))
        {# DuckDB reads Z, +02 and +02:00 by itself; +0200 and a blank before the offset it does not. #}
        when regexp_matches({{ text }}, '(\d[zZ]|\d[-+]\d\d|\d[-+]\d\d:\d\d)$')
            then timezone('UTC', cast({{ text }} as timestamptz))
        else timezone('UTC', cast(regexp_replace({{ text }}, '\s*([-+]\d\d):?(\d\d)$', '\1:\2') as timestamptz))
    end
{%- endmacro %}
