{#
    The keys of which a table of versions in force must look again: rows have come since it was last built, or a
    version lay after the as-of moment.

    built: the table, with columns source and awaits_version. arrivals: the relation it is made of.
#}
{% macro changed_keys(arrivals, key, built) -%}
    {%- set keys = (["source"] + key) | join(", ") -%}
    select {{ keys }}
    from {{ arrivals }}
    where {{ has_arrived() }}
    union
    select {{ keys }}
    from {{ built }}
    where awaits_version
{%- endmacro %}
