select
    'drop' as source,
    nullif(trim(ticket_id), '') as ticket_id,
    {{ to_utc('created_at') }} as created_at,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(customer_id), '') as customer_id,
    nullif(trim(order_id), '') as order_id,
    nullif(lower(trim(topic)), '') as topic,
    {{ to_utc('resolved_at') }} as resolved_at,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'support_tickets') }}
