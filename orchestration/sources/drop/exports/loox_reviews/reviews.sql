select
    _row_number,
    _other,
    id as review_id,
    regexp_replace(date, '\s*UTC$', 'Z') as created_at,
    rating,
    email,
    productid as product_id,
    review as body,
    cast(img is not null as varchar) as has_media,
    case
        when lower(verified_purchase) in ('true', 'yes', '1', 'verified') then 'true'
        when verified_purchase is not null then 'false'
    end as verified
from export
