with fields as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        cast(payload ->> '$.verified_buyer' as boolean) as verified_buyer,
        payload ->> '$.created_at' as created_at,
        payload ->> '$.score' as rating,
        payload ->> '$.email' as email,
        payload ->> '$.sku' as product_id,
        payload ->> '$.title' as title,
        payload ->> '$.content' as body,
        payload ->> '$.reviewer_type' as reviewer_type,
        json_array_length(payload, '$.images_data') as pictures
    from {{ source('raw_yotpo', 'reviews') }}
    where not coalesce(cast(payload ->> '$.deleted' as boolean), false)

)

select
    'yotpo' as source,
    fields.id as review_id,
    {{ to_utc('created_at') }} as created_at,
    cast(rating as decimal(18, 4)) as rating,
    nullif(lower(trim(email)), '') as email,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as order_id,
    -- Yotpo calls the shop's product id a SKU.
    nullif(trim(product_id), '') as product_id,
    nullif(trim(title), '') as title,
    nullif(trim(body), '') as body,
    coalesce(fields.pictures, 0) > 0 as has_media,
    coalesce(fields.verified_buyer, reviewer_type = 'verified_buyer') as verified,
    {{ api_provenance('fields') }}
from fields
