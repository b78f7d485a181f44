-- "no" doesn't tell who left from who never agreed; neither may be written to.
select
    _row_number,
    _other,
    email,
    ltrim(phone, '''') as phone,
    ltrim(customer_id, '''') as customer_id,
    case lower(accepts_email_marketing) when 'yes' then 'subscribed' when 'no' then 'never' end as email_consent,
    case lower(accepts_sms_marketing) when 'yes' then 'subscribed' when 'no' then 'never' end as sms_consent
from export
