-- Evidence of one record is one component, unless that component was cut: then the id speaks first.
with settled as (

    select
        record_key,
        record_kind,
        seen_at,
        coalesce(id_evidence, email_evidence, phone_evidence) as evidence
    from {{ ref('int_identity__records') }}

)

select
    settled.record_key,
    settled.record_kind,
    settled.seen_at,
    coalesce(persons.person_id, {{ hash_text("'nobody:' || settled.record_key") }}) as person_id,
    persons.person_id is not null as is_identified
from settled
left join {{ ref('int_identity__persons') }} as persons
    on settled.evidence = persons.evidence
where settled.record_kind = 'order' or persons.person_id is not null
