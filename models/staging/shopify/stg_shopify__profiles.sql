with customers as (

    {{ shopify_kept('customers') }}

),

facts as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        nullif(lower(trim(json_extract_string(payload, '$.defaultEmailAddress.emailAddress'))), '') as email,
        nullif(trim(json_extract_string(payload, '$.defaultPhoneNumber.phoneNumber')), '') as phone,
        json_extract_string(payload, '$.defaultEmailAddress.marketingState') as email_state,
        json_extract_string(payload, '$.defaultEmailAddress.marketingUpdatedAt') as email_updated_at,
        json_extract_string(payload, '$.defaultEmailAddress.validFormat') as has_valid_format,
        json_extract_string(payload, '$.defaultPhoneNumber.smsMarketingConsent.state') as sms_state
    from customers

)

select
    'shopify' as source,
    email,
    phone,
    {{ shopify_id('id') }} as customer_id,
    case
        when email_state = 'SUBSCRIBED' then 'subscribed'
        when email_state = 'UNSUBSCRIBED' then 'unsubscribed'
        when email is not null then 'never'
    end as email_consent,
    {{ to_utc('email_updated_at') }} as email_consent_at,
    case
        when sms_state = 'SUBSCRIBED' then 'subscribed'
        when sms_state = 'UNSUBSCRIBED' then 'unsubscribed'
        when phone is not null then 'never'
    end as sms_consent,
    case when email_state = 'INVALID' or has_valid_format = 'false' then 'invalid' end as suppression_reason,
    cast(null as varchar) as timezone,
    cast(null as date) as birthday,
    cast(null as bigint) as max_emails_per_month,
    {{ api_provenance('facts') }}
from facts
where
    (email is not null or phone is not null)
    -- Nothing is known any more of who asked to be forgotten.
    and coalesce(email_state, '') <> 'REDACTED'
    and coalesce(sms_state, '') <> 'REDACTED'
