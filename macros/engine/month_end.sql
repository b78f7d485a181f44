{# The last day of the month that lies a number of months after a day's own. #}
{% macro month_end(day, months_later) -%}
    {{ return(adapter.dispatch("month_end", "second_order")(day, months_later)) }}
{%- endmacro %}

{% macro duckdb__month_end(day, months_later) -%}
    last_day({{ day }} + to_months({{ months_later }}))
{%- endmacro %}
