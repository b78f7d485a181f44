{% set kinds = ["id_evidence", "email_evidence", "phone_evidence"] %}

with pairs as (

    {% for left, right in [(0, 1), (0, 2), (1, 2)] %}
        select
            {{ kinds[left] }} as left_evidence,
            {{ kinds[right] }} as right_evidence,
            seen_at,
            record_key
        from {{ ref('int_identity__evidence_sets') }}
        where {{ kinds[left] }} is not null and {{ kinds[right] }} is not null
        {{ "union all" if not loop.last }}
    {% endfor %}

),

numbered as (

    select
        left_nodes.node as left_node,
        right_nodes.node as right_node,
        pairs.seen_at,
        pairs.record_key
    from pairs
    inner join {{ ref('int_identity__nodes') }} as left_nodes
        on pairs.left_evidence = left_nodes.evidence
    inner join {{ ref('int_identity__nodes') }} as right_nodes
        on pairs.right_evidence = right_nodes.evidence

)

select
    left_node,
    right_node,
    min(seen_at) as seen_at,
    min_by(record_key, {{ record_order() }}) as record_key
from numbered
group by
    left_node,
    right_node
