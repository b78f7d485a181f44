{{ config(materialized='ephemeral') }}
-- First bought at a deep discount, and not again since.
select
    person_id,
    {{ day_start('first_order_date + ' ~ audiences_setting("price_sensitive_from_days")) }} as opens_at,
    {{ day_start('first_order_date + ' ~ audiences_setting("price_sensitive_to_days") ~ ' + 1') }} as closes_at,
    'first bought at a discount on ' || cast(first_order_date as varchar) as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__people') }}
where
    is_price_sensitive
    and valid_orders = 1
    and {{ is_near(
        'first_order_date + ' ~ audiences_setting("price_sensitive_from_days"),
        'first_order_date + ' ~ audiences_setting("price_sensitive_to_days")
    ) }}
