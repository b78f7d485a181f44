select
    'drop' as source,
    nullif(trim(referral_code), '') as referral_code,
    nullif(lower(trim(referrer_email)), '') as referrer_email,
    nullif(trim(referrer_customer_id), '') as referrer_customer_id,
    {{ to_utc('created_at') }} as created_at,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'referrals') }}
