{# Whole calendar months from one month's first day to a later one's. #}
{% macro months_between(first_month, later_month) -%}
    {{ return(adapter.dispatch("months_between", "second_order")(first_month, later_month)) }}
{%- endmacro %}

{% macro duckdb__months_between(first_month, later_month) -%}
    date_diff('month', {{ first_month }}, {{ later_month }})
{%- endmacro %}
