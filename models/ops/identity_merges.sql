-- What is joined later restates history: was_separate marks evidence that had been seen before the record that made it
-- this person's. That record need not name the evidence: an order joins whole persons, with all that is theirs. Records
-- join one after the other, so of the ways that lead from the person's first evidence to another the earliest counts,
-- and it is open once its latest record has come.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
        pre_hook="{{ delete_rows('evidence', ref('int_identity__touched')) }}"
    )
}}
{% set links %}
    with links as (

        -- A profile without a date joins when both it names have been seen.
        select
            edges.left_node,
            edges.right_node,
            edges.record_key,
            coalesce(left_components.root, edges.left_node) as root,
            coalesce(left_components.is_cut, right_components.is_cut) as is_cut,
            coalesce(edges.seen_at, greatest(lefts.seen_at, rights.seen_at)) as joined_at,
            coalesce(edges.seen_at > lefts.seen_at and edges.seen_at > rights.seen_at, false) as is_late
        from {{ ref('int_identity__edges') }} as edges
        inner join {{ ref('int_identity__nodes') }} as lefts
            on edges.left_node = lefts.node
        inner join {{ ref('int_identity__nodes') }} as rights
            on edges.right_node = rights.node
        left join {{ ref('int_identity__components') }} as left_components
            on edges.left_node = left_components.node
        left join {{ ref('int_identity__components') }} as right_components
            on edges.right_node = right_components.node

    ),

    merged as (

        -- Only where a record joined what had both been seen can whole persons have been joined.
        select root
        from links
        where not is_cut
        group by root
        having bool_or(is_late)

    )

    select
        links.*,
        merged.root is not null as is_merged,
        row_number() over (
            order by links.joined_at nulls last, links.record_key, links.left_node, links.right_node
        ) as weight
    from links
    left join merged
        on links.root = merged.root
{% endset %}
{% set links = work_table("merge_links", links) %}
{% set ways = narrowest_ways(
    work_table("merge_links_of_merged", "select left_node, right_node, weight from " ~ links ~ " where is_merged"),
    work_table("merge_starts", "select distinct root as node from " ~ links ~ " where is_merged")
) %}

with links as (

    select * from {{ links }}

),

both_ways as (

    select
        left_node as node,
        weight
    from links
    union all
    select
        right_node as node,
        weight
    from links

),

stood_together as (

    select
        node,
        min(weight) as weight
    from both_ways
    group by node

),

joined as (

    -- Where nobody was merged, the first record on which evidence stood with other evidence is the one that joined it.
    select
        stood_together.node,
        coalesce(ways.weight, stood_together.weight) as weight
    from stood_together
    left join {{ ways }} as ways
        on stood_together.node = ways.node

)

select
    {{ hash_text("case when links.is_cut then nodes.evidence else firsts.evidence end") }} as person_id,
    nodes.evidence,
    nodes.seen_at as first_seen_at,
    links.is_cut,
    links.joined_at,
    links.record_key as joined_by,
    coalesce(nodes.seen_at < links.joined_at, false) as was_separate
from joined
inner join links
    on joined.weight = links.weight
inner join {{ ref('int_identity__nodes') }} as nodes
    on joined.node = nodes.node
inner join {{ ref('int_identity__nodes') }} as firsts
    on links.root = firsts.node
where links.is_cut or nodes.node <> links.root
