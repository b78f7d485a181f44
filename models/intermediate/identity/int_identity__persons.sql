-- depends_on: {{ ref('int_identity__edges') }}
{% set roots = connected_components(ref('int_identity__edges')) %}

with labelled as (

    select
        nodes.node,
        nodes.evidence,
        nodes.kind_rank,
        nodes.seen_at,
        coalesce(roots.root, nodes.node) as component
    from {{ ref('int_identity__nodes') }} as nodes
    left join {{ roots }} as roots
        on nodes.node = roots.node

),

too_large as (

    select component
    from labelled
    where kind_rank = 2
    group by component
    having count(*) > {{ setting("max_emails_per_person") }}

),

settled as (

    select
        labelled.evidence,
        labelled.kind_rank,
        labelled.seen_at,
        labelled.component,
        too_large.component is not null as is_cut,
        case when too_large.component is not null then labelled.node else labelled.component end as root
    from labelled
    left join too_large
        on labelled.component = too_large.component

)

select
    settled.evidence,
    settled.kind_rank,
    settled.seen_at,
    settled.component,
    settled.is_cut,
    {{ hash_text("roots.evidence") }} as person_id
from settled
inner join {{ ref('int_identity__nodes') }} as roots
    on settled.root = roots.node
