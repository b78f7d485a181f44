{# The last local day that was over at the as-of moment. #}
{% macro last_full_day() -%}
    ({{ local_date(as_of()) }} - 1)
{%- endmacro %}
