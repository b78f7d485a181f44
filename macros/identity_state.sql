{#
    Persons are kept from build to build, and a build resolves only what changed. What is kept holds if the last build
    ended and everything besides the delivered rows and the as-of moment is as it was: settings, seeds, models, macros.
    Anything else, `--full-refresh` included, starts anew.
#}
{% macro identity_is_kept() -%}
    {%- if not (execute and flags.WHICH in ("build", "run")) or flags.FULL_REFRESH -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for schema, name in identity_tables() if built_before(name, schema) is none -%}
        {{ return(false) }}
    {%- endfor -%}
    {%- set ended -%}
        (
            select builds.build
            from {{ built_before("int_identity__build") }} as builds
            inner join {{ built_before("int_identity__resolved") }} as resolved
                on builds.build = resolved.build
            where builds.made_with = '{{ made_with() }}'
        ) as ended
    {%- endset -%}
    {{ return(count_rows(ended) == 1) }}
{%- endmacro %}

{# Whether there is something to resolve: a build has begun that hasn't ended. Without one nothing may be changed. #}
{% macro identity_build_is_open() -%}
    {%- if built_before("int_identity__resolved") is none -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set ended -%}
        (
            select builds.build
            from {{ built_before("int_identity__build") }} as builds
            inner join {{ built_before("int_identity__resolved") }} as resolved
                on builds.build = resolved.build
        ) as ended
    {%- endset -%}
    {{ return(count_rows(ended) == 0) }}
{%- endmacro %}

{# For the pre_hook of the build's first model: what doesn't hold is dropped, and a missing table is built in full. #}
{% macro drop_identity_unless_kept() -%}
    {%- if not identity_is_kept() -%}
        {%- for schema, name in identity_tables() if name != "int_identity__build" -%}
            {%- set relation = built_before(name, schema) -%}
            {%- if relation is not none -%}
                {%- do adapter.drop_relation(relation) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# (schema, table) of everything that is kept from build to build. #}
{% macro identity_tables() -%}
    {{ return([
        ("intermediate", "int_identity__build"),
        ("intermediate", "int_identity__records"),
        ("intermediate", "int_identity__persons"),
        ("intermediate", "int_identity__record_persons"),
        ("intermediate", "int_identity__changed_persons"),
        ("intermediate", "int_identity__resolved"),
        ("ops", "identity_merges"),
    ]) }}
{%- endmacro %}
