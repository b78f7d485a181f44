{#
    Whether a window may be open now, or have been since the version before, by its first and last local day; with a day
    to spare, for int_audiences__eligible looks at the moments. Most windows are long closed: to know when those began
    and ended to the second, and why, would be most of the work.
#}
{% macro is_near(first_day, last_day) -%}
    {{ first_day }} <= {{ local_date(as_of()) }} + 1
    and {{ last_day }} >= {{ local_date(version_before()) }} - 1
{%- endmacro %}
