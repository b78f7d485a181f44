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
    first_order_date,
    last_order_date
from {{ ref('int_audiences__members') }}
where audience = 'tier_b'
