{#
    A FROM item with one row per month, in the single column `month`, from one month's first day to another's; both may
    be columns of the row before it.
#}
{% macro calendar_months(first_month, last_month) -%}
    {{ return(adapter.dispatch("calendar_months", "second_order")(first_month, last_month)) }}
{%- endmacro %}

{% macro duckdb__calendar_months(first_month, last_month) -%}
    lateral (
        select
            cast(
                unnest(
                    generate_series(
                        cast({{ first_month }} as timestamp), cast({{ last_month }} as timestamp), interval 1 month
                    )
                ) as date
            ) as month
    )
{%- endmacro %}
