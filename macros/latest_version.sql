{#
    The version of each row that held at the as-of moment: the greatest `updated_at` up to it, then what was loaded
    last. A row known only in a version made later keeps its earliest one: its own dates say what to ignore.
#}
{% macro latest_version(relation, key) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by source, {{ key | join(", ") }}
                order by
                    case when updated_at > {{ as_of() }} then 1 else 0 end,
                    case when updated_at > {{ as_of() }} then updated_at end,
                    updated_at desc nulls last,
                    load_id desc,
                    file_index desc,
                    row_number desc
            ) as version_rank
        from {{ relation }}
    ) as versions
    where version_rank = 1
{%- endmacro %}
