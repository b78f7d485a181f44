select
    'drop' as source,
    nullif(trim(response_id), '') as response_id,
    {{ to_utc('submitted_at') }} as submitted_at,
    nullif(lower(trim(survey_type)), '') as survey_type,
    cast(score as decimal(18, 4)) as score,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(customer_id), '') as customer_id,
    nullif(trim(order_id), '') as order_id,
    nullif(trim(comment), '') as comment,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'survey_responses') }}
