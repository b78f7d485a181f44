select
    'yotpo_loyalty' as source,
    customers.payload ->> '$.referral_code.code' as referral_code,
    customers.id as referrer_email,
    cast(null as varchar) as referrer_customer_id,
    cast(null as timestamp) as created_at,
    {{ api_provenance('customers') }}
from {{ source('raw_yotpo_loyalty', 'customers') }} as customers
where coalesce(customers.payload ->> '$.referral_code.code', '') <> ''
