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
    rating,
    nps_score,
    referral_code
from {{ ref('int_audiences__members') }}
where audience = 'advocates'
