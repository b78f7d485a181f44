{# Whole calendar days from one day to a later one. #}
{% macro days_between(first_day, later_day) -%}
    {{ return(adapter.dispatch("days_between", "second_order")(first_day, later_day)) }}
{%- endmacro %}

{% macro duckdb__days_between(first_day, later_day) -%}
    date_diff('day', {{ first_day }}, {{ later_day }})
{%- endmacro %}
