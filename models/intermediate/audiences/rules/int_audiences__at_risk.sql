{{ config(materialized='ephemeral') }}
-- Away more than twice as long as this person's and product's rhythm says.
select
    person_id,
    last_order_at as opens_at,
    cast(null as timestamp) as closes_at,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date,
    'last order on ' || cast(last_order_date as varchar)
    || ', expected every ' || cast(cast(round(expected_days) as integer) as varchar) || ' days'
        as reason
from {{ ref('int_audiences__people') }}
where lifecycle_stage = 'at_risk'
