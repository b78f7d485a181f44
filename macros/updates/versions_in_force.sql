{#
    latest_version() of an entity whose rows a table keeps from build to build: all rows, or in an update those of the
    changed keys, with `awaits_version` where a version lies after the as-of moment.
#}
{% macro versions_in_force(arrivals, key) -%}
    {%- set keys = ["source"] + key -%}
    {%- set rows = arrivals -%}
    with
    {%- if is_update() -%}
    {%- set rows = "arrived" %}
    changed as (
        select {{ keys | join(", ") }}
        from {{ arrivals }}
        where
            {{ has_arrived() }}
            and coalesce(has_other_version, true)
        union
        select {{ keys | join(", ") }}
        from {{ this }}
        where awaits_version
    ),

    arrived as (
        select *
        from {{ arrivals }}
        where {{ has_arrived() }}
        union all
        select *
        from {{ rows_of_keys(arrivals, "changed", keys) }} as earlier
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
