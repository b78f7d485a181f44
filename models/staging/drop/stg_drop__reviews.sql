select
    'drop' as source,
    nullif(trim(review_id), '') as review_id,
    {{ to_utc('created_at') }} as created_at,
    cast(rating as decimal(18, 4)) as rating,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(customer_id), '') as customer_id,
    nullif(trim(order_id), '') as order_id,
    nullif(trim(product_id), '') as product_id,
    nullif(trim(title), '') as title,
    nullif(trim(body), '') as body,
    cast(has_media as boolean) as has_media,
    cast(verified as boolean) as verified,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'reviews') }}
