-- A view: the events themselves are stored once, and a late event that turns a click into a machine's needs no rebuild.
{{ config(materialized="view") }}

select
    events.source,
    events.event_id,
    events.occurred_at,
    events.event_type,
    events.channel,
    events.person_id,
    events.unknown_recipient_id,
    events.message_key,
    events.flow_id,
    events.message_id,
    events.campaign_id,
    events.purpose,
    events.link,
    machine_touches.machine_reason,
    events.source || ':' || events.event_id as touch_id,
    -- Only an open or a click can be a machine's.
    case when events.event_type in ('opened', 'clicked') then machine_touches.event_id is null end as is_human
from {{ ref('int_flows__events') }} as events
left join {{ ref('int_flows__machine_touches') }} as machine_touches
    on
        events.source = machine_touches.source
        and events.event_id = machine_touches.event_id
