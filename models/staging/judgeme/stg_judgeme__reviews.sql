-- What Judge.me's own filter took for spam is no customer's word.
with fields as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        payload ->> '$.created_at' as created_at,
        payload ->> '$.rating' as rating,
        payload ->> '$.reviewer.email' as email,
        payload ->> '$.reviewer.external_id' as customer_id,
        payload ->> '$.product_external_id' as product_id,
        payload ->> '$.title' as title,
        payload ->> '$.body' as body,
        payload ->> '$.verified' as verified,
        json_array_length(payload, '$.pictures') as pictures
    from {{ source('raw_judgeme', 'reviews') }}
    where coalesce(payload ->> '$.curated', '') <> 'spam'

)

select
    'judgeme' as source,
    fields.id as review_id,
    {{ to_utc('created_at') }} as created_at,
    cast(rating as decimal(18, 4)) as rating,
    nullif(lower(trim(email)), '') as email,
    nullif(trim(customer_id), '') as customer_id,
    cast(null as varchar) as order_id,
    nullif(trim(product_id), '') as product_id,
    nullif(trim(title), '') as title,
    nullif(trim(body), '') as body,
    coalesce(fields.pictures, 0) > 0 as has_media,
    -- A text: buyer, email (the address is the reviewer's), nothing.
    verified = 'buyer' as verified,
    {{ api_provenance('fields') }}
from fields
