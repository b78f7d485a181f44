{{ config(materialized='ephemeral') }}
-- Just said or shown that they like it: a score of 9 or 10, five stars, or another order of the loyal.
with moments as (

    select
        person_id,
        nps_at as said_at,
        'recommends with ' || cast(cast(nps_score as integer) as varchar) || ' of 10' as reason
    from {{ ref('int_audiences__known') }}
    where nps_score >= 9
    union all
    select
        person_id,
        last_review_at as said_at,
        'rated five stars' as reason
    from {{ ref('int_audiences__known') }}
    where rating = 5
    union all
    select
        person_id,
        last_order_at as said_at,
        cast(valid_orders as varchar) || ' orders' as reason
    from {{ ref('int_audiences__known') }}
    where valid_orders >= {{ audiences_setting("advocates_orders") }}

)

select
    person_id,
    said_at as opens_at,
    said_at + interval '{{ audiences_setting("advocates_to_days") }}' day as closes_at,
    reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from moments
