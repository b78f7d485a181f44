{#
    Whether a row of arrivals has come since a table made of them was last built. Within a source, `load_id` must only
    grow: DuckDB then skips what was loaded before without looking at it.

    built: the table, with columns source and load_id.
#}
{% macro has_arrived(built) -%}
    (
        load_id is null
        or not (
            {%- set loads = run_query("select source, max(load_id) as load_id from " ~ built ~ " group by source") -%}
            {%- for load in loads.rows %}
            {{ "or " if not loop.first }}(source = '{{ load["source"] }}' and load_id <= {{ load["load_id"] or -1 }})
            {%- else %}
            false
            {%- endfor %}
        )
    )
{%- endmacro %}
