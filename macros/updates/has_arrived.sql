{#
    Whether a row of arrivals has come since the build before, which the run says: see orchestration/builds.py. Loads are
    numbered upwards, so that DuckDB skips what was loaded before without looking at it.
#}
{% macro has_arrived() -%}
    (load_id is null or load_id > {{ (env_var("SECOND_ORDER_BUILT_LOAD", "") if execute else "") or -1 }})
{%- endmacro %}
