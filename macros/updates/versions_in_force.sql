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
        {{ changed_keys(arrivals, key, this) }}
    ),

    arrived as (
        select *
        from {{ arrivals }} as arrivals
        where exists (
            select 1
            from changed
            where
                {%- for column in keys %}
                {{ "and " if not loop.first }}changed.{{ column }} = arrivals.{{ column }}
                {%- endfor %}
        )
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
