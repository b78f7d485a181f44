{# The moment in UTC at which a local calendar day of the shop's begins. #}
{% macro day_start(day) -%}
    {{ return(adapter.dispatch("day_start", "second_order")(day)) }}
{%- endmacro %}

{% macro duckdb__day_start(day) -%}
    timezone('UTC', timezone('{{ setting("timezone") }}', cast({{ day }} as timestamp)))
{%- endmacro %}
