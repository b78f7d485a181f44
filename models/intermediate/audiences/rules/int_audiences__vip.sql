{{ config(materialized='ephemeral') }}
-- The top twentieth by net sales of a year, with two orders or more.
select
    person_id,
    last_order_at as opens_at,
    cast(null as timestamp) as closes_at,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date,
    'top twentieth of the year, ' || cast(valid_orders as varchar) || ' orders' as reason
from {{ ref('int_audiences__people') }}
where is_vip
