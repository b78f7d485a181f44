select
    'drop' as source,
    cast(date as date) as date,
    nullif(upper(trim(from_currency)), '') as from_currency,
    nullif(upper(trim(to_currency)), '') as to_currency,
    cast(rate as decimal(28, 12)) as rate,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'exchange_rates') }}
