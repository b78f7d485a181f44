-- A member's code is the last part of the link that is shared; what friends get for it has codes of its own.
with fields as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        payload ->> '$.email' as email,
        payload ->> '$.created_at' as created_at,
        regexp_extract(payload ->> '$.referral_url', '([^/?#]+)/?([?#].*)?$', 1) as referral_code
    from {{ source('raw_smile', 'customers') }}
    where payload ->> '$.state' = 'member'

)

select
    'smile' as source,
    fields.referral_code,
    nullif(lower(trim(fields.email)), '') as referrer_email,
    -- A number of Smile.io's own, and no store's.
    'smile-' || fields.id as referrer_customer_id,
    {{ to_utc('created_at') }} as created_at,
    {{ api_provenance('fields') }}
from fields
where coalesce(fields.referral_code, '') <> ''
