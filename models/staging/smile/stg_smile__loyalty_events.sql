-- Smile.io says which tier a customer is in, not since when: a change is dated by the first load that saw it.
with customers as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        payload ->> '$.email' as email,
        payload ->> '$.state' as state,
        payload ->> '$.created_at' as created_at
    from {{ source('raw_smile', 'customers') }}

),

tiers_seen as (

    select
        seen.id,
        seen.updated_at,
        seen._loaded_at,
        seen._row,
        seen.payload ->> '$.customer_id' as customer_id,
        seen.payload ->> '$.vip_tier_id' as tier_id,
        tiers.payload ->> '$.name' as tier,
        lag(seen.payload ->> '$.vip_tier_id') over (
            partition by seen.payload ->> '$.customer_id'
            order by seen.updated_at, seen.id
        ) as tier_id_before
    from {{ source('raw_smile', 'customer_tiers') }} as seen
    left join {{ source('raw_smile', 'vip_tiers') }} as tiers
        on seen.payload ->> '$.vip_tier_id' = tiers.id

),

events as (

    select
        'points-' || bookings.id as event_id,
        bookings.payload ->> '$.created_at' as occurred_at,
        case when cast(bookings.payload ->> '$.points_change' as bigint) > 0 then 'earned' else 'redeemed' end
            as event_type,
        bookings.payload ->> '$.customer_id' as customer_id,
        abs(cast(bookings.payload ->> '$.points_change' as decimal(18, 4))) as points,
        cast(null as varchar) as tier,
        bookings.updated_at,
        bookings._loaded_at,
        bookings._row
    from {{ source('raw_smile', 'points_transactions') }} as bookings
    where cast(bookings.payload ->> '$.points_change' as bigint) <> 0
    union all
    select
        'member-' || id as event_id,
        created_at as occurred_at,
        'enrolled' as event_type,
        id as customer_id,
        cast(null as decimal(18, 4)) as points,
        cast(null as varchar) as tier,
        updated_at,
        _loaded_at,
        _row
    from customers
    where state = 'member'
    union all
    select
        'tier-' || id as event_id,
        cast(updated_at as varchar) || 'Z' as occurred_at,
        'tier_changed' as event_type,
        customer_id,
        cast(null as decimal(18, 4)) as points,
        coalesce(tier, 'no tier') as tier,
        updated_at,
        _loaded_at,
        _row
    from tiers_seen
    where tier_id is distinct from tier_id_before

),

named as (

    select
        events.*,
        customers.email
    from events
    left join customers
        on events.customer_id = customers.id

)

select
    'smile' as source,
    named.event_id,
    {{ to_utc('occurred_at') }} as occurred_at,
    named.event_type,
    nullif(lower(trim(email)), '') as email,
    -- A number of Smile.io's own, and no store's.
    'smile-' || customer_id as customer_id,
    named.points,
    named.tier,
    {{ api_provenance('named') }}
from named
