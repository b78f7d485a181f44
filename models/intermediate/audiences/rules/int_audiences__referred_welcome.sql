{{ config(materialized='ephemeral') }}
-- The first order came by somebody's referral.
select
    person_id,
    first_order_at as opens_at,
    {{ day_start('first_order_date + ' ~ audiences_setting("referred_welcome_to_days") ~ ' + 1') }} as closes_at,
    'referred, first order on ' || cast(first_order_date as varchar) as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__known') }}
where
    is_referred
    and {{ is_near(
        'first_order_date',
        'first_order_date + ' ~ audiences_setting("referred_welcome_to_days")
    ) }}
