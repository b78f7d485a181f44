{{ config(materialized='ephemeral') }}
-- Came back, and isn't a member.
select
    person_id,
    last_order_at as opens_at,
    {{ day_start('last_order_date + ' ~ audiences_setting("membership_to_days") ~ ' + 1') }} as closes_at,
    cast(valid_orders as varchar) || ' orders and no membership' as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__known') }}
where
    valid_orders >= 2
    and not is_member
    and {{ is_near(
        'last_order_date',
        'last_order_date + ' ~ audiences_setting("membership_to_days")
    ) }}
