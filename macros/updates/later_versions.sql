{# The keys of which one version of several was made after the as-of moment, and will hold from then on. #}
{% macro later_versions(relation, keys) -%}
    select distinct
        {%- for column in keys %}
        later.{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation }} as later
    where
        later.updated_at > {{ as_of() }}
        and exists (
            select 1
            from {{ relation }} as flagged
            where
                coalesce(flagged.has_other_version, true)
                {%- for column in keys %}
                and flagged.{{ column }} = later.{{ column }}
                {%- endfor %}
        )
{%- endmacro %}
