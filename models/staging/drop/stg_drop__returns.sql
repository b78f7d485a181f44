select
    'drop' as source,
    nullif(trim(return_id), '') as return_id,
    nullif(trim(order_id), '') as order_id,
    {{ to_utc('requested_at') }} as requested_at,
    nullif(trim(line_id), '') as line_id,
    cast(quantity as decimal(18, 4)) as quantity,
    nullif(trim(reason), '') as reason,
    nullif(trim(reason_text), '') as reason_text,
    nullif(lower(trim(outcome)), '') as outcome,
    {{ to_utc('closed_at') }} as closed_at,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'returns') }}
