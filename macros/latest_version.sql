{#
    The version of each row that held at the as-of moment: the greatest `updated_at` up to it, then what was loaded
    last. A row known only in a version made later keeps its earliest one: its own dates say what to ignore.

    Loading flags rows whose key came more than once (NULL where it can't know). Only those are ranked: sorting whole
    tables for the few that have versions is what would cost.
#}
{% macro latest_version(relation, key) -%}
    {%- set keys = ["source"] + key -%}
    select
        rows_in_force.*,
        1 as version_rank
    from {{ relation }} as rows_in_force
    where not exists (
        select 1
        from {{ relation }} as flagged
        where
            coalesce(flagged.has_other_version, true)
            {%- for column in keys %}
            and flagged.{{ column }} is not distinct from rows_in_force.{{ column }}
            {%- endfor %}
    )
    union all
    select *
    from (
        select
            versions.*,
            row_number() over (
                partition by {{ keys | join(", ") }}
                order by
                    case when updated_at > {{ as_of() }} then 1 else 0 end,
                    case when updated_at > {{ as_of() }} then updated_at end,
                    updated_at desc nulls last,
                    load_id desc,
                    file_index desc,
                    row_number desc
            ) as version_rank
        from {{ relation }} as versions
        where exists (
            select 1
            from {{ relation }} as flagged
            where
                coalesce(flagged.has_other_version, true)
                {%- for column in keys %}
                and flagged.{{ column }} is not distinct from versions.{{ column }}
                {%- endfor %}
        )
    ) as ranked
    where version_rank = 1
{%- endmacro %}
