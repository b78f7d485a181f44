select
    'drop' as source,
    nullif(trim(event_id), '') as event_id,
    {{ to_utc('occurred_at') }} as occurred_at,
    nullif(lower(trim(event_type)), '') as event_type,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(customer_id), '') as customer_id,
    cast(points as decimal(18, 4)) as points,
    nullif(trim(tier), '') as tier,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'loyalty_events') }}
