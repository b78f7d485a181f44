-- Numbered from the earliest: by the time of the order or profile it stands on, then id before e-mail before phone,
-- then as text. The smallest number of a component is thus the evidence that names the person.
with evidence as (

    select
        id_evidence as evidence,
        1 as kind_rank,
        seen_at
    from {{ ref('int_identity__evidence_sets') }}
    where id_evidence is not null
    union all
    select
        email_evidence as evidence,
        2 as kind_rank,
        seen_at
    from {{ ref('int_identity__evidence_sets') }}
    where email_evidence is not null
    union all
    select
        phone_evidence as evidence,
        3 as kind_rank,
        seen_at
    from {{ ref('int_identity__evidence_sets') }}
    where phone_evidence is not null

),

first_seen as (

    select
        evidence,
        min(kind_rank) as kind_rank,
        min(seen_at) as seen_at
    from evidence
    group by evidence

)

select
    evidence,
    kind_rank,
    seen_at,
    row_number() over (order by seen_at nulls last, kind_rank, evidence) as node
from first_seen
