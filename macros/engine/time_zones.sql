{# A FROM item with one row per time zone the engine knows, in the single column `zone`. #}
{% macro time_zones() -%}
    {{ return(adapter.dispatch("time_zones", "second_order")()) }}
{%- endmacro %}

{% macro duckdb__time_zones() -%}
    (select distinct name as zone from pg_timezone_names()) as time_zones
{%- endmacro %}
