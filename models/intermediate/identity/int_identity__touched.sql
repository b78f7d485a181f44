-- Evidence on what came or went, and all that was joined with it so far: nobody else's person can change.
{% set persons = built_before("int_identity__persons") %}

with changed_records as (

    select
        id_evidence,
        email_evidence,
        phone_evidence
    from {{ ref('int_identity__changes') }}
    where not has_come
    union all
    select
        records.id_evidence,
        records.email_evidence,
        records.phone_evidence
    from {{ ref('int_identity__records') }} as records
    inner join {{ ref('int_identity__build') }} as builds
        on records.build = builds.build
    where {{ persons is not none and identity_build_is_open() }}

),

changed as (

    select id_evidence as evidence
    from changed_records
    where id_evidence is not null
    union
    select email_evidence as evidence
    from changed_records
    where email_evidence is not null
    union
    select phone_evidence as evidence
    from changed_records
    where phone_evidence is not null

),

known as (

    {% if persons is none %}
        select
            evidence,
            cast(null as varchar) as person_id,
            cast(null as varchar) as component
        from changed
        where false
    {% else %}
        select
            evidence,
            person_id,
            coalesce(cut_component, person_id) as component
        from {{ persons }}
    {% endif %}

),

components as (

    select distinct known.component
    from known
    inner join changed
        on known.evidence = changed.evidence

),

joined as (

    select
        known.evidence,
        known.person_id
    from known
    inner join components
        on known.component = components.component

)

select
    joined.person_id as person_id_before,
    coalesce(joined.evidence, changed.evidence) as evidence
from joined
full outer join changed
    on joined.evidence = changed.evidence
