{# The moment in UTC at which a local calendar day of the shop's begins. #}
{% macro day_start(day) -%}
    {{ return(adapter.dispatch("day_start", "second_order")(day)) }}
{%- endmacro %}

{% macro duckdb__day_start(day) -%}
    make_timestamp(epoch_us(timezone('{{ setting("timezone") }}', cast({{ day }} as timestamp))))
{%- endmacro %}
