select
    person_id,
    email,
    entered_at,
    reason,
    first_name,
    timezone,
    send_hour_local,
    send_at,
    tier,
    orders,
    last_order_date,
    loyalty_tier
from {{ ref('int_audiences__members') }}
where audience = 'vip'
