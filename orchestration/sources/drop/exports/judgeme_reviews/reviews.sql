-- The export has no id: who, what and when tell a review apart, and for several of one moment their text. What the
-- shop has marked as spam is no customer's voice.
with readable as (

    select
        *,
        regexp_replace(review_date, '\s*UTC$', 'Z') as created_at,
        md5(
            concat_ws(
                chr(31),
                lower(coalesce(reviewer_email, reviewer_name, '')),
                coalesce(product_id, product_handle),
                review_date
            )
        ) as review_key
    from export
    where coalesce(lower(curated), '') <> 'spam'

)

select
    _row_number,
    _other,
    review_key
    || case
        when row_number() over (partition by review_key order by _digest) > 1
            then '-' || row_number() over (partition by review_key order by _digest)
        else ''
    end as review_id,
    created_at,
    rating,
    reviewer_email as email,
    product_id,
    title,
    body,
    cast(picture_urls is not null as varchar) as has_media
from readable
