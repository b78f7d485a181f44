{{ config(materialized='ephemeral') }}
-- Delivered, and the person's first order with this product type.
select
    person_id,
    delivered_at as opens_at,
    order_key,
    {{ day_start('delivered_date + ' ~ audiences_setting("onboarding_to_days") ~ ' + 1') }} as closes_at,
    'first ' || product_type || ', delivered on ' || cast(delivered_date as varchar) as reason,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__orders') }}
where
    delivered_at is not null
    and is_first_of_type
    and not is_returned
    and {{ is_near(
        'delivered_date',
        'delivered_date + ' ~ audiences_setting("onboarding_to_days")
    ) }}
