{# The last local day that was over at a moment: the as-of moment unless another is given. #}
{% macro last_full_day(moment=none) -%}
    ({{ local_date(moment or as_of()) }} - 1)
{%- endmacro %}
