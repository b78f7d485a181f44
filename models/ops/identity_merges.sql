-- What is joined later restates history: was_separate marks evidence that had been a person of its own until then.
with records as (

    select * from {{ ref('int_identity__records') }}

),

standing_together as (

    select
        id_evidence as evidence,
        record_key,
        seen_at
    from records
    where id_evidence is not null and coalesce(email_evidence, phone_evidence) is not null
    union all
    select
        email_evidence as evidence,
        record_key,
        seen_at
    from records
    where email_evidence is not null and coalesce(id_evidence, phone_evidence) is not null
    union all
    select
        phone_evidence as evidence,
        record_key,
        seen_at
    from records
    where phone_evidence is not null and coalesce(id_evidence, email_evidence) is not null

),

joined as (

    select
        evidence,
        min(seen_at) as joined_at,
        min_by(record_key, seen_at) as joined_by
    from standing_together
    group by evidence

)

select
    persons.person_id,
    persons.evidence,
    persons.seen_at as first_seen_at,
    joined.joined_at,
    joined.joined_by,
    persons.is_cut,
    coalesce(persons.seen_at < joined.joined_at, false) as was_separate
from {{ ref('int_identity__persons') }} as persons
inner join joined
    on persons.evidence = joined.evidence
where
    persons.is_cut
    or persons.person_id <> {{ hash_text("persons.evidence") }}
