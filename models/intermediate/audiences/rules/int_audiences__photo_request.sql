{{ config(materialized='ephemeral') }}
-- The last review is good and shows nothing.
select
    person_id,
    last_review_at as opens_at,
    last_review_at + interval '{{ audiences_setting("photo_request_to_days") }}' day as closes_at,
    'rated ' || cast(cast(rating as integer) as varchar) || ' without a picture' as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__known') }}
where
    rating >= 4
    and not has_review_media
