select
    _row_number,
    order_id || '-fulfilled' as fulfillment_id,
    order_id,
    shipped_at,
    delivered_at,
    lower(order_status) as status
from prepared
where
    item_number = 1
    and shipped_at is not null
