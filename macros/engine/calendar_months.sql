{# A subquery with one row per month, `month`, from one month's first day to another's. #}
{% macro calendar_months(first_month, last_month) -%}
    {{ return(adapter.dispatch("calendar_months", "second_order")(first_month, last_month)) }}
{%- endmacro %}

{% macro duckdb__calendar_months(first_month, last_month) -%}
    (
        select cast(unnest(generate_series(cast({{ first_month }} as timestamp), cast({{ last_month }} as timestamp), interval 1 month)) as date) as month
    )
{%- endmacro %}
