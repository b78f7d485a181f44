{#
    latest_version() of an entity whose rows a table keeps from build to build: all rows, or in an update those of the
    changed keys, with `awaits_version` where a version lies after the as-of moment.

    An update needs the row in force and what has come since, for what was superseded stays so; and all rows of a key of
    which a version lay ahead. The table says by its column row_number where the row in force is: to look for all keys
    among all arrivals is what would cost.
#}
{% macro versions_in_force(arrivals, key) -%}
    {%- set keys = ["source"] + key -%}
    {%- set rows = arrivals -%}
    with
    {%- if is_update() -%}
    {%- set rows = "arrived" %}
    {%- set at_places -%}
        (select * from {{ arrivals }} where row_number in (select places.row_number from places))
    {%- endset %}
    newer as (
        select {{ keys | join(", ") }}
        from {{ arrivals }}
        where
            {{ has_arrived() }}
            and coalesce(has_other_version, true)
    ),

    awaiting as (
        select {{ keys | join(", ") }}
        from {{ this }}
        where awaits_version
    ),

    changed as (
        select * from newer
        union
        select * from awaiting
    ),

    places as (
        select row_number
        from {{ only_changed(this, "newer", keys | reverse | list) }} as in_force
        union
        select row_number
        from {{ only_changed(arrivals, "awaiting", keys) }} as awaited
    ),

    arrived as (
        select *
        from {{ arrivals }}
        where {{ has_arrived() }}
        union all
        select *
        from {{ only_changed(at_places, "changed", keys) }} as earlier
        where not {{ has_arrived() }}
    ),
    {%- endif %}

    versions as (
        {{ latest_version(rows, key) }}
    ),

    later as (
        {{ later_versions(rows, keys) }}
    )

    select
        versions.*,
        later.source is not null as awaits_version
    from versions
    left join later
        on
            {%- for column in keys %}
            {{ "and " if not loop.first }}versions.{{ column }} = later.{{ column }}
            {%- endfor %}
{%- endmacro %}
