{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="evidence",
        full_refresh=false,
        pre_hook="{{ delete_rows('evidence', ref('int_identity__touched')) }}"
    )
}}

with roots as (

    select distinct
        root,
        is_cut
    from {{ ref('int_identity__components') }}

),

firsts as (

    select
        nodes.node,
        nodes.evidence,
        roots.is_cut
    from {{ ref('int_identity__nodes') }} as nodes
    inner join roots
        on nodes.node = roots.root

),

settled as (

    -- What stands alone is the first evidence of its person.
    select
        nodes.evidence,
        nodes.kind_rank,
        nodes.seen_at,
        coalesce(firsts.evidence, nodes.evidence) as first_evidence,
        coalesce(firsts.is_cut, false) as is_cut
    from {{ ref('int_identity__nodes') }} as nodes
    left join {{ ref('int_identity__components') }} as components
        on nodes.node = components.node
    left join firsts
        on coalesce(components.root, nodes.node) = firsts.node

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
