with profiles as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        payload -> '$.attributes' as attributes,
        payload -> '$.attributes.subscriptions.email.marketing' as email_marketing,
        payload ->> '$.attributes.subscriptions.sms.marketing.consent' as sms_consent
    from {{ source('raw_klaviyo', 'profiles') }}

)

select
    'klaviyo' as source,
    nullif(lower(trim(profiles.attributes ->> '$.email')), '') as email,
    nullif(trim(profiles.attributes ->> '$.phone_number'), '') as phone,
    profiles.id as customer_id,
    case profiles.email_marketing ->> '$.consent'
        when 'SUBSCRIBED' then 'subscribed'
        when 'UNSUBSCRIBED' then 'unsubscribed'
        else 'never'
    end as email_consent,
    timezone('UTC', cast(profiles.email_marketing ->> '$.consent_timestamp' as timestamptz)) as email_consent_at,
    case profiles.sms_consent
        when 'SUBSCRIBED' then 'subscribed'
        when 'UNSUBSCRIBED' then 'unsubscribed'
        else 'never'
    end as sms_consent,
    lower(profiles.email_marketing ->> '$.suppression[0].reason') as suppression_reason,
    nullif(trim(profiles.attributes ->> '$.location.timezone'), '') as timezone,
    try_cast(profiles.attributes ->> '$.properties.Birthday' as date) as birthday,
    cast(null as bigint) as max_emails_per_month,
    {{ api_provenance('profiles') }}
from profiles
where
    nullif(trim(profiles.attributes ->> '$.email'), '') is not null
    or nullif(trim(profiles.attributes ->> '$.phone_number'), '') is not null
