select
    order_row_number as _row_number,
    order_id || '-fulfilled' as fulfillment_id,
    order_id,
    fulfilled_at as shipped_at,
    fulfillment_status as status
from prepared
where
    line_number = 1
    and fulfilled_at is not null
