{{ config(materialized='ephemeral') }}
-- First bought on the day of a big promotion, and not again since.
select
    person_id,
    {{ day_start('first_order_date + ' ~ audiences_setting("promotion_buyers_from_days")) }} as opens_at,
    {{ day_start('first_order_date + ' ~ audiences_setting("promotion_buyers_to_days") ~ ' + 1') }} as closes_at,
    'first bought in a promotion on ' || cast(first_order_date as varchar) as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__people') }}
where
    is_promotion_buyer
    and valid_orders = 1
    and {{ is_near(
        'first_order_date + ' ~ audiences_setting("promotion_buyers_from_days"),
        'first_order_date + ' ~ audiences_setting("promotion_buyers_to_days")
    ) }}
