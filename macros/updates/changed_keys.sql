{#
    The keys of which a table of versions in force must look again: rows have come since it was last built, or a
    version lay after the as-of moment. Within a source, `load_id` must only grow.

    built: the table, with columns source, load_id and awaits_version. arrivals: the relation it is made of.
#}
{% macro changed_keys(arrivals, key, built) -%}
    {%- set keys = (["source"] + key) | join(", ") -%}
    select {{ keys }}
    from {{ arrivals }}
    where
        load_id is null
        or not (
            {%- set loads = run_query("select source, max(load_id) as load_id from " ~ built ~ " group by source") -%}
            {%- for load in loads.rows %}
            {{ "or " if not loop.first }}(source = '{{ load["source"] }}' and load_id <= {{ load["load_id"] or -1 }})
            {%- else %}
            false
            {%- endfor %}
        )
    union
    select {{ keys }}
    from {{ built }}
    where awaits_version
{%- endmacro %}
