-- Numbers of builds only rise: the clock sees to it that none comes again once the warehouse was thrown away. They mark
-- what is new and are no figure's input.
{{ config(pre_hook="{{ drop_identity_unless_kept() }}") }}
{% set before = built_before("int_identity__build") %}
{% set moment = build_moment() %}

with numbered as (

    {% if before is none %}
        select
            cast({{ moment }} as bigint) as build,
            cast(null as bigint) as full_build
    {% else %}
        select
            greatest(cast({{ moment }} as bigint), build + 1) as build,
            full_build
        from {{ before }}
    {% endif %}

)

select
    build,
    {{ "full_build" if identity_is_kept() else "build" }} as full_build,
    '{{ made_with() }}' as made_with
from numbered
