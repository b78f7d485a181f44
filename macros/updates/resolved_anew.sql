{# Whether this build has resolved all persons anew: any of them may be another one then. #}
{% macro resolved_anew() -%}
    exists (
        select 1
        from {{ ref('int_identity__build') }} as builds
        where builds.build = builds.full_build
    )
{%- endmacro %}
