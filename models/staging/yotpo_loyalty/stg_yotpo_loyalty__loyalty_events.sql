-- Yotpo Loyalty says which tier a member is in, not since when: a change is dated by the first load that saw it.
with bookings as (

    select
        id as email,
        _loaded_at,
        _row,
        {{ json_rows("payload -> '$.history_items'") }} as booking
    from {{ source('raw_yotpo_loyalty', 'customers') }}

),

tiers_seen as (

    select
        id,
        _loaded_at,
        _row,
        payload ->> '$.email' as email,
        payload ->> '$.vip_tier_name' as tier,
        lag(payload ->> '$.vip_tier_name') over (
            partition by payload ->> '$.email'
            order by _loaded_at, id
        ) as tier_before
    from {{ source('raw_yotpo_loyalty', 'customer_tiers') }}

),

events as (

    -- A booking has no id: its member, moment, points and number among equals make one that stays.
    select
        'points-' || email || '-' || (booking ->> '$.created_at') || '-' || (booking ->> '$.points') || '-'
        || row_number() over (
            partition by email, booking ->> '$.created_at', booking ->> '$.points'
            order by booking ->> '$.action'
        ) as event_id,
        booking ->> '$.created_at' as occurred_at,
        case when cast(booking ->> '$.points' as bigint) > 0 then 'earned' else 'redeemed' end as event_type,
        email,
        abs(cast(booking ->> '$.points' as decimal(18, 4))) as points,
        cast(null as varchar) as tier,
        cast(null as timestamp) as updated_at,
        _loaded_at,
        _row
    from bookings
    where cast(booking ->> '$.points' as bigint) <> 0
    union all
    select
        'tier-' || id as event_id,
        cast(_loaded_at as varchar) || 'Z' as occurred_at,
        'tier_changed' as event_type,
        email,
        cast(null as decimal(18, 4)) as points,
        tier,
        cast(null as timestamp) as updated_at,
        _loaded_at,
        _row
    from tiers_seen
    where tier is distinct from tier_before

)

select
    'yotpo_loyalty' as source,
    events.event_id,
    {{ to_utc('occurred_at') }} as occurred_at,
    events.event_type,
    events.email,
    cast(null as varchar) as customer_id,
    events.points,
    events.tier,
    {{ api_provenance('events') }}
from events
