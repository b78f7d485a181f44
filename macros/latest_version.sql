{#
    The version of each row that held at the as-of moment: the greatest `updated_at` up to it, then what was loaded
    last. A row known only in a version made later keeps its earliest one: its own dates say what to ignore.

    Loading flags rows whose key came more than once (NULL where it can't know). Only those keys are ranked, by their
    row's place alone, and what is superseded is left out of the one scan of whole rows.
#}
{% macro latest_version(relation, key) -%}
    {%- set keys = ["source"] + key -%}
    {%- set place = ["source", "load_id", "file_index", "row_number"] -%}
    select rows_in_force.*
    from {{ relation }} as rows_in_force
    where not exists (
        select 1
        from (
            select
                {{ place | join(", ") }},
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
        ) as superseded
        where
            superseded.version_rank > 1
            {%- for column in place %}
            and superseded.{{ column }} is not distinct from rows_in_force.{{ column }}
            {%- endfor %}
    )
{%- endmacro %}
