-- depends_on: {{ ref('int_identity__edges') }}
{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="evidence",
        full_refresh=false,
        pre_hook="{{ delete_rows('evidence', ref('int_identity__touched')) }}"
    )
}}
{% set roots = connected_components(ref('int_identity__edges')) %}
{% set limit = setting("max_emails_per_person") %}

with joined as (

    -- What isn't its component's first evidence, with the node that is.
    select
        node,
        root
    from {{ roots }}

),

many as (

    -- Few components can hold too many e-mails: only theirs are counted.
    select root
    from joined
    group by root
    having count(*) >= {{ limit }}

),

members as (

    select
        joined.root,
        joined.node
    from joined
    inner join many
        on joined.root = many.root
    union all
    select
        root,
        root as node
    from many

),

too_large as (

    select members.root
    from members
    inner join {{ ref('int_identity__nodes') }} as nodes
        on members.node = nodes.node
    where nodes.kind_rank = 2
    group by members.root
    having count(*) > {{ limit }}

),

firsts as (

    select
        nodes.node,
        nodes.evidence,
        too_large.root is not null as is_cut
    from (select distinct root from joined) as roots
    inner join {{ ref('int_identity__nodes') }} as nodes
        on roots.root = nodes.node
    left join too_large
        on roots.root = too_large.root

),

settled as (

    select
        nodes.evidence,
        nodes.kind_rank,
        nodes.seen_at,
        coalesce(firsts.evidence, nodes.evidence) as first_evidence,
        coalesce(firsts.is_cut, false) as is_cut
    from {{ ref('int_identity__nodes') }} as nodes
    left join joined
        on nodes.node = joined.node
    left join firsts
        on coalesce(joined.root, nodes.node) = firsts.node

)

select
    settled.evidence,
    settled.kind_rank,
    settled.seen_at,
    settled.is_cut,
    case when settled.is_cut then {{ hash_text("settled.first_evidence") }} end as cut_component,
    {{ hash_text("case when settled.is_cut then settled.evidence else settled.first_evidence end") }} as person_id,
    builds.build
from settled
cross join {{ ref('int_identity__build') }} as builds
