select
    'drop' as source,
    nullif(trim(mention_id), '') as mention_id,
    {{ to_utc('seen_at') }} as seen_at,
    nullif(lower(trim(platform)), '') as platform,
    cast(sentiment as decimal(18, 4)) as sentiment,
    nullif(trim(topic), '') as topic,
    nullif(trim(text), '') as text,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'brand_mentions') }}
