{#
    One entity's rows from the staging models of the named sources, in the shared shape. `columns` are the entity's
    own; where a row comes from (its source, load, place and versions) is the same for all.
#}
{% macro rows_of_sources(entity, sources, columns) -%}
    {%- set provenance = ["updated_at", "load_id", "file_index", "row_number", "has_other_version"] -%}
    {%- for source in sources %}
    select
        {{ (["source"] + columns + provenance) | join(",\n        ") }}
    from {{ ref("stg_" ~ source ~ "__" ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
