{{ config(materialized='ephemeral') }}
-- Came back, and clicked lately.
select
    person_id,
    greatest(last_order_at, last_click_at) as opens_at,
    greatest(last_order_at, last_click_at) + interval '{{ audiences_setting("community_to_days") }}' day as closes_at,
    cast(valid_orders as varchar) || ' orders and a click' as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__known') }}
where
    valid_orders >= 2
    and last_click_at is not null
