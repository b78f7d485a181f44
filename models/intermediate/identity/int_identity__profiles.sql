-- A profile is known by its platform id, else by its e-mail, else by its phone.
with keyed as (

    select
        *,
        coalesce('id:' || customer_id, 'email:' || email, 'phone:' || phone) as profile_id
    from {{ ref('int_arrivals__profiles') }}

),

versions as (

    {{ latest_version('keyed', ['profile_id']) }}

)

select
    source || ':' || profile_id as profile_key,
    source,
    customer_id,
    email,
    phone,
    case when email_consent_at > {{ as_of() }} then 'never' else coalesce(email_consent, 'never') end as email_consent,
    case when email_consent_at <= {{ as_of() }} then email_consent_at end as email_consent_at,
    sms_consent,
    suppression_reason,
    timezone,
    birthday,
    max_emails_per_month,
    coalesce(email_consent_at, updated_at) as seen_at,
    load_id,
    file_index,
    row_number
from versions
