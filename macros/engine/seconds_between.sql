{# Whole seconds that passed from one moment to a later one. #}
{% macro seconds_between(first_moment, later_moment) -%}
    {{ return(adapter.dispatch("seconds_between", "second_order")(first_moment, later_moment)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(first_moment, later_moment) -%}
    cast(floor(epoch({{ later_moment }} - {{ first_moment }})) as bigint)
{%- endmacro %}
