{{ config(materialized='view') }}

select
    events.source,
    events.event_id,
    events.occurred_at,
    events.event_type,
    events.variant_number,
    events.address_number,
    variants.channel,
    variants.message_number,
    recipients.recipient_number,
    events.link,
    events.is_machine_by_tool
from {{ ref('int_flows__events') }} as events
inner join {{ ref('int_flows__variants') }} as variants
    on events.variant_number = variants.variant_number
inner join {{ ref('int_flows__recipients') }} as recipients
    on events.address_number = recipients.address_number
where events.occurred_at <= {{ as_of() }}
