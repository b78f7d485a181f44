-- depends_on: {{ ref('int_identity__edges') }}
{% set roots = connected_components(ref('int_identity__edges')) %}
{% set limit = setting("max_emails_per_person") %}

with joined as (

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

)

select
    joined.node,
    joined.root,
    too_large.root is not null as is_cut
from joined
left join too_large
    on joined.root = too_large.root
