-- The export has no id: who, what and when tell a review apart, and for several of one moment their text.
with keyed as (

    select
        *,
        md5(
            concat_ws(chr(31), lower(coalesce(email, display_name, '')), coalesce(product_id, product_title, ''), date)
        ) as review_key
    from export

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
    regexp_replace(date, '\s*UTC$', 'Z') as created_at,
    review_score as rating,
    email,
    product_id,
    review_title as title,
    review_content as body,
    case when coalesce(published_image_urls, unpublished_image_urls) is not null then 'true' end as has_media,
    case
        when lower(verified_purchase) in ('true', 'yes', '1') then 'true'
        when verified_purchase is not null then 'false'
    end as verified
from keyed
