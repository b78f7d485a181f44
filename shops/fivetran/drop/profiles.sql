-- shopify.customer. Shopify's states beyond these two (not_subscribed, pending, invalid, redacted) are no consent.
select
    id as customer_id,
    email,
    phone,
    case email_marketing_consent_state
        when 'subscribed' then 'subscribed'
        when 'unsubscribed' then 'unsubscribed'
        else 'never'
    end as email_consent,
    email_marketing_consent_consent_updated_at || 'Z' as email_consent_at,
    updated_at || 'Z' as updated_at
from read_parquet('{{ shop }}/tables/shopify/customer.parquet')
where coalesce(email, phone) is not null
