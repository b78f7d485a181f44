{#
    CTEs for what records of one source mean by an id of another: `named`, the ids that records name, and
    `foreign_sources`, the sources whose records can mean something elsewhere. Where all is the record's own source's,
    nothing can.

    entities: arrivals that name such an id. id: its column; renamed: by entity, where the column has another name. homes:
    a CTE with the sources that have what is named.
#}
{% macro named_by_records(entities, id, homes, renamed={}) -%}
record_sources as (

    {% for entity in entities %}
        select source
        from {{ ref("int_arrivals__" ~ entity) }}
        {{ "union" if not loop.last }}
    {% endfor %}

),

foreign_sources as (

    select distinct record_sources.source
    from record_sources
    inner join {{ homes }}
        on record_sources.source <> {{ homes }}.source

),

named as (

    {% for entity in entities %}
        select
            source,
            {{ renamed[entity] ~ " as " if entity in renamed }}{{ id }}
        from {{ ref("int_arrivals__" ~ entity) }}
        {{ "union all" if not loop.last }}
    {% endfor %}

)
{%- endmacro %}
