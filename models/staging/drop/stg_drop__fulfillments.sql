select
    'drop' as source,
    nullif(trim(fulfillment_id), '') as fulfillment_id,
    nullif(trim(order_id), '') as order_id,
    {{ to_utc('shipped_at') }} as shipped_at,
    {{ to_utc('estimated_delivery_at') }} as estimated_delivery_at,
    {{ to_utc('delivered_at') }} as delivered_at,
    nullif(trim(status), '') as status,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'fulfillments') }}
