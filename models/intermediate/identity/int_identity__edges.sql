-- Two links hold three pieces of evidence together.
with pairs as (

    select
        coalesce(id_evidence, email_evidence) as left_evidence,
        case when id_evidence is not null then coalesce(email_evidence, phone_evidence) else phone_evidence end
            as right_evidence
    from {{ ref('int_identity__evidence_sets') }}
    union
    select
        id_evidence as left_evidence,
        phone_evidence as right_evidence
    from {{ ref('int_identity__evidence_sets') }}
    where email_evidence is not null

)

select
    left_nodes.node as left_node,
    right_nodes.node as right_node
from pairs
inner join {{ ref('int_identity__nodes') }} as left_nodes
    on pairs.left_evidence = left_nodes.evidence
inner join {{ ref('int_identity__nodes') }} as right_nodes
    on pairs.right_evidence = right_nodes.evidence
