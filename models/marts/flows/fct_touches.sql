-- A view: events are stored once, narrow, and opens and clicks once more with what gave machines away. Their names and
-- persons are looked up, so that neither a new name nor a person joined later rewrites what was stored.
{{ config(materialized="view") }}

with touches as (

    select
        source,
        event_id,
        occurred_at,
        event_type,
        variant_number,
        address_number,
        link,
        cast(null as varchar) as machine_reason,
        -- Only an open or a click can be a machine's.
        cast(null as boolean) as is_human
    from {{ ref('int_flows__events') }}
    where
        event_type not in ('opened', 'clicked')
        and occurred_at <= {{ as_of() }}
    union all
    select
        source,
        event_id,
        occurred_at,
        event_type,
        variant_number,
        address_number,
        link,
        machine_reason,
        machine_reason is null as is_human
    from {{ ref('int_flows__touches') }}

)

select
    touches.source,
    touches.event_id,
    touches.occurred_at,
    touches.event_type,
    variants.channel,
    recipients.person_id,
    recipients.unknown_recipient_id,
    variants.message_key,
    variants.flow_id,
    variants.message_id,
    variants.campaign_id,
    variants.purpose,
    touches.link,
    touches.machine_reason,
    touches.is_human,
    touches.source || ':' || touches.event_id as touch_id
from touches
inner join {{ ref('int_flows__variants') }} as variants
    on touches.variant_number = variants.variant_number
inner join {{ ref('int_flows__recipients') }} as recipients
    on touches.address_number = recipients.address_number
