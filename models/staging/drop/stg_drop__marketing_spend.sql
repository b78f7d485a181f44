select
    'drop' as source,
    cast(date as date) as date,
    nullif(lower(trim(channel)), '') as channel,
    nullif(lower(trim(stage)), '') as stage,
    cast(amount as decimal(18, 4)) as amount,
    nullif(upper(trim(currency)), '') as currency,
    nullif(trim(acquisition_source), '') as acquisition_source,
    nullif(trim(flow_id), '') as flow_id,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'marketing_spend') }}
