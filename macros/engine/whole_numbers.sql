{#
    A FROM item with one row per whole number from 0 to `last`, in the single column `number` (integer); `last` may be a
    column of the row before it. No row where `last` is below 0 or NULL.
#}
{% macro whole_numbers(last) -%}
    {{ return(adapter.dispatch("whole_numbers", "second_order")(last)) }}
{%- endmacro %}

{% macro duckdb__whole_numbers(last) -%}
    lateral (select cast(unnest(generate_series(0, {{ last }})) as integer) as number)
{%- endmacro %}
