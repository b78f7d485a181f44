{#
    latest_version() of an entity whose rows a table keeps from build to build: all rows, or in an update those of the
    changed keys, with `awaits_version` where a version lies after the as-of moment.

    An update needs the row in force, what has come since and what lay ahead, for what was superseded stays so. The table
    says by its column row_number where the row in force is: to look for all keys among all arrivals is what would cost.
    Which version holds is told by their places and moments alone, since the row in force seldom does any longer: whole
    rows are read of what has come, and of earlier ones only where they hold.
#}
{% macro versions_in_force(arrivals, key) -%}
    {%- set keys = ["source"] + key -%}
    {%- set place = ["source", "load_id", "file_index", "row_number"] -%}
    {%- set narrow = (place + key + ["updated_at", "has_other_version"]) | join(", ") -%}
    {%- set versions = arrivals -%}
    {%- set holds -%}
        exists (
                select 1
                from holding
                where
                    {%- for column in place %}
                    {{ "and " if not loop.first }}holding.{{ column }} is not distinct from arrivals.{{ column }}
                    {%- endfor %}
            )
    {%- endset %}
    with
    {%- if is_update() -%}
    {%- set versions = "candidates" %}
    {%- set candidates_in_force -%}
        (select {{ narrow }} from {{ arrivals }} where row_number in (select in_force.row_number from in_force))
    {%- endset %}
    newer as (
        select {{ keys | join(", ") }}
        from {{ arrivals }}
        where
            {{ has_arrived() }}
            and coalesce(has_other_version, true)
    ),

    ahead as (
        select {{ narrow }}
        from {{ arrivals }}
        where
            updated_at > {{ built_as_of() }}
            and source in (select awaiting.source from {{ this }} as awaiting where awaiting.awaits_version)
    ),

    changed as (
        select * from newer
        union
        select {{ keys | join(", ") }}
        from ahead
        where updated_at <= {{ as_of() }}
    ),

    in_force as (
        select row_number
        from {{ only_changed(this, "changed", keys | reverse | list) }} as kept
    ),

    candidates as (
        select {{ narrow }}
        from {{ arrivals }}
        where {{ has_arrived() }}
        union
        select *
        from {{ only_changed(candidates_in_force, "changed", keys | reverse | list) }} as earlier
        union
        select *
        from {{ only_changed("ahead", "changed", keys | reverse | list) }} as later
    ),

    holding as (
        {{ latest_version("candidates", key) }}
    ),

    versions as (
        select arrivals.*
        from {{ arrivals }} as arrivals
        where
            {{ has_arrived() }}
            and {{ holds }}
        union all
        select arrivals.*
        from {{ arrivals }} as arrivals
        where
            not {{ has_arrived() }}
            and row_number in (select holding.row_number from holding where not {{ has_arrived() }})
            and {{ holds }}
    ),
    {%- else %}

    versions as (
        {{ latest_version(arrivals, key) }}
    ),
    {%- endif %}

    later as (
        {{ later_versions(versions, keys) }}
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
