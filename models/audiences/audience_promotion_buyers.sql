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
    order_date,
    product_id,
    product_title,
    product_url,
    product_image_url
from {{ ref('int_audiences__members') }}
where audience = 'promotion_buyers'
