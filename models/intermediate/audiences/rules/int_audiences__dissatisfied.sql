{{ config(materialized='ephemeral') }}
-- Returned something, rated two stars or less, or gave a low score, not long ago.
with moments as (

    select
        person_id,
        last_return_at as said_at,
        'returned on ' || cast({{ local_date('last_return_at') }} as varchar) as reason
    from {{ ref('int_audiences__known') }}
    where last_return_at is not null
    union all
    select
        person_id,
        last_review_at as said_at,
        'rated ' || cast(cast(rating as integer) as varchar) || ' of 5' as reason
    from {{ ref('int_audiences__known') }}
    where rating <= 2
    union all
    select
        person_id,
        csat_at as said_at,
        'satisfied with ' || cast(cast(csat_score as integer) as varchar) || ' of 5' as reason
    from {{ ref('int_audiences__known') }}
    where csat_score <= 2

)

select
    person_id,
    said_at as opens_at,
    said_at + interval '{{ audiences_setting("dissatisfied_to_days") }}' day as closes_at,
    reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from moments
