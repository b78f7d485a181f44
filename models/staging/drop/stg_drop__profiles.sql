select
    'drop' as source,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(customer_id), '') as customer_id,
    nullif(lower(trim(email_consent)), '') as email_consent,
    {{ to_utc('email_consent_at') }} as email_consent_at,
    nullif(lower(trim(sms_consent)), '') as sms_consent,
    nullif(trim(suppression_reason), '') as suppression_reason,
    nullif(trim(timezone), '') as timezone,
    cast(birthday as date) as birthday,
    cast(max_emails_per_month as bigint) as max_emails_per_month,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'profiles') }}
