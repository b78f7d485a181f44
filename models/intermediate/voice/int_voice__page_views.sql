-- Narrow, like message events: whose look it was is a number here.
with versions as (

    {{ latest_version(ref('int_arrivals__page_events'), ['event_id']) }}

)

select
    source,
    event_id,
    occurred_at,
    page_type,
    order_id,
    url,
    {{ hash_number(['source', 'customer_id', 'email']) }} as address_number
from versions
where occurred_at <= {{ as_of() }}
