select
    'drop' as source,
    nullif(trim(event_id), '') as event_id,
    {{ to_utc('occurred_at') }} as occurred_at,
    nullif(lower(trim(page_type)), '') as page_type,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(customer_id), '') as customer_id,
    nullif(trim(order_id), '') as order_id,
    nullif(trim(url), '') as url,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'page_events') }}
