{# A subquery with one row per window length in days, `window_days`, from a list of whole numbers. #}
{% macro window_rows(windows) -%}
    (
        {%- for window in windows %}
        select {{ window }} as window_days{% if not loop.last %} union all{% endif %}
        {%- endfor %}
    )
{%- endmacro %}
