-- A mail proxy opens within 2 s of delivery. A link scanner follows two or more different links within 10 s of it; one
-- link, however often, is a person's. A tool's own word is enough.
with deliveries as (

    select
        events.message_key,
        events.occurred_at,
        coalesce(events.person_id, events.unknown_recipient_id) as recipient_id
    from {{ ref('int_flows__events') }} as events
    inner join {{ ref('int_flows__tools') }} as tools
        on
            events.source = tools.source
            and events.channel = tools.channel
            and events.event_type = case when tools.has_delivered then 'delivered' else 'sent' end

),

touches as (

    select
        source,
        event_id,
        message_key,
        occurred_at,
        event_type,
        link,
        is_machine_by_tool,
        coalesce(person_id, unknown_recipient_id) as recipient_id
    from {{ ref('int_flows__events') }}
    where event_type in ('opened', 'clicked')

),

after_delivery as (

    {{ last_before('touches', 'deliveries', ['recipient_id', 'message_key'], 'occurred_at') }}

),

quick_clicks as (

    select
        recipient_id,
        message_key,
        occurred_at_before,
        min(link) as first_link,
        max(link) as last_link
    from after_delivery
    where
        event_type = 'clicked'
        and occurred_at <= occurred_at_before + interval '10' second
    group by
        recipient_id,
        message_key,
        occurred_at_before

),

reasons as (

    select
        after_delivery.source,
        after_delivery.event_id,
        case
            when after_delivery.is_machine_by_tool then 'tool'
            when
                after_delivery.event_type = 'opened'
                and after_delivery.occurred_at <= after_delivery.occurred_at_before + interval '2' second
                then 'opened on delivery'
            when
                after_delivery.event_type = 'clicked'
                and after_delivery.occurred_at <= after_delivery.occurred_at_before + interval '10' second
                and quick_clicks.first_link <> quick_clicks.last_link
                then 'several links on delivery'
        end as machine_reason
    from after_delivery
    left join quick_clicks
        on
            after_delivery.recipient_id = quick_clicks.recipient_id
            and after_delivery.message_key = quick_clicks.message_key
            and after_delivery.occurred_at_before = quick_clicks.occurred_at_before

)

select
    source,
    event_id,
    machine_reason
from reasons
where machine_reason is not null
