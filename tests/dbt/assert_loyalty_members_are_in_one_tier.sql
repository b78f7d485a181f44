-- In every month with events, and by every dimension, the tiers' members are the programme's members.
with by_tier as (

    select
        month,
        dimension,
        dimension_value,
        sum(members) as members
    from {{ ref('loyalty_tiers') }}
    group by
        month,
        dimension,
        dimension_value

)

select
    loyalty.month,
    loyalty.dimension,
    loyalty.dimension_value,
    loyalty.members,
    by_tier.members as members_by_tier
from {{ ref('loyalty') }} as loyalty
left join by_tier
    on
        loyalty.month = by_tier.month
        and loyalty.dimension = by_tier.dimension
        and loyalty.dimension_value = by_tier.dimension_value
where loyalty.members is distinct from by_tier.members
