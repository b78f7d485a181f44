select
    'drop' as source,
    nullif(trim(refund_id), '') as refund_id,
    nullif(trim(order_id), '') as order_id,
    {{ to_utc('refunded_at') }} as refunded_at,
    cast(amount as decimal(18, 4)) as amount,
    nullif(trim(line_id), '') as line_id,
    cast(quantity as decimal(18, 4)) as quantity,
    nullif(trim(reason), '') as reason,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'refunds') }}
