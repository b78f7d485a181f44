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
    facts.email,
    facts.phone,
    {{ shopify_id('id') }} as customer_id,
    case
        when facts.email_state = 'SUBSCRIBED' then 'subscribed'
        when facts.email_state = 'UNSUBSCRIBED' then 'unsubscribed'
        when facts.email is not null then 'never'
    end as email_consent,
    {{ to_utc('email_updated_at') }} as email_consent_at,
    case
        when facts.sms_state = 'SUBSCRIBED' then 'subscribed'
        when facts.sms_state = 'UNSUBSCRIBED' then 'unsubscribed'
        when facts.phone is not null then 'never'
    end as sms_consent,
    case
        when facts.email_state = 'INVALID' or facts.has_valid_format = 'false' then 'invalid'
    end as suppression_reason,
    cast(null as varchar) as timezone,
    cast(null as date) as birthday,
    cast(null as bigint) as max_emails_per_month,
    {{ api_provenance('facts') }}
from facts
where
    (facts.email is not null or facts.phone is not null)
    -- Nothing is known any more of who asked to be forgotten.
    and coalesce(facts.email_state, '') <> 'REDACTED'
    and coalesce(facts.sms_state, '') <> 'REDACTED'
