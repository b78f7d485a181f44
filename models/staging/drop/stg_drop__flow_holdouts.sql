select
    'drop' as source,
    nullif(trim(experiment_id), '') as experiment_id,
    nullif(trim(flow_id), '') as flow_id,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(customer_id), '') as customer_id,
    nullif(lower(trim(arm)), '') as arm,
    {{ to_utc('assigned_at') }} as assigned_at,
    {{ to_utc('triggered_at') }} as triggered_at,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'flow_holdouts') }}
