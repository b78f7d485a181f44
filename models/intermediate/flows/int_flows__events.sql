with events as (

    {{ latest_version(ref('int_arrivals__message_events'), ['event_id']) }}

)

select
    events.source,
    events.event_id,
    events.occurred_at,
    events.event_type,
    events.channel,
    {{ person_of('events') }} as person_id,
    -- Messages go to people who never ordered too: their sends count, under a hash of the address.
    case
        when {{ person_of('events') }} is null
            then
                {{ hash_text(
                    "coalesce('id:' || events.source || ':' || events.customer_id, 'email:' || events.email)"
                ) }}
    end as unknown_recipient_id,
    -- A message is what its tool tells apart, by id, else by name.
    events.source
    || ':' || events.channel
    || ':' || coalesce(events.flow_id, events.flow_name, '')
    || ':' || coalesce(events.campaign_id, events.campaign_name, '')
    || ':' || coalesce(events.message_id, events.message_name, '') as message_key,
    coalesce(events.flow_id, events.flow_name) as flow_id,
    events.flow_name,
    coalesce(events.message_id, events.message_name) as message_id,
    events.message_name,
    coalesce(events.campaign_id, events.campaign_name) as campaign_id,
    events.campaign_name,
    events.purpose,
    events.link,
    coalesce(events.is_machine, false) as is_machine_by_tool
from events
{{ person_join('events') }}
where events.occurred_at <= {{ as_of() }}
