with fields as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        payload ->> '$.email' as email,
        payload ->> '$.phone[0]' as phone,
        payload ->> '$.birthdate' as birthdate,
        list_filter(
            {{ json_list("payload -> '$.statuses'") }}, lambda status: status ->> '$.channel' = 'email'
        )[1] as email_status,
        list_filter(
            {{ json_list("payload -> '$.statuses'") }}, lambda status: status ->> '$.channel' = 'sms'
        )[1] as sms_status
    from {{ source('raw_omnisend', 'contacts') }}

)

select
    'omnisend' as source,
    nullif(lower(trim(fields.email)), '') as email,
    nullif(trim(fields.phone), '') as phone,
    fields.id as customer_id,
    case fields.email_status ->> '$.status'
        when 'subscribed' then 'subscribed'
        when 'unsubscribed' then 'unsubscribed'
        when 'nonSubscribed' then 'never'
    end as email_consent,
    {{ to_utc("(email_status ->> '$.statusChangedAt')") }} as email_consent_at,
    case fields.sms_status ->> '$.status'
        when 'subscribed' then 'subscribed'
        when 'unsubscribed' then 'unsubscribed'
        when 'nonSubscribed' then 'never'
    end as sms_consent,
    cast(null as varchar) as suppression_reason,
    cast(null as varchar) as timezone,
    try_cast(fields.birthdate as date) as birthday,
    cast(null as bigint) as max_emails_per_month,
    {{ api_provenance('fields') }}
from fields
where coalesce(trim(fields.email), '') <> '' or coalesce(trim(fields.phone), '') <> ''
