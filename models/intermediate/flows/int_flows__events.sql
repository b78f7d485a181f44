-- Narrow, since there are more of them than of anything else: the message's names and the recipient are numbers here.
with events as (

    {{ latest_version(ref('int_arrivals__message_events'), ['event_id']) }}

)

select
    source,
    event_id,
    occurred_at,
    event_type,
    {{ hash_number(['source'] + message_attributes()) }} as variant_number,
    {{ hash_number(['source', 'customer_id', 'email']) }} as address_number,
    link,
    coalesce(is_machine, false) as is_machine_by_tool
from events
where occurred_at <= {{ as_of() }}
