{{ config(materialized='ephemeral') }}
-- New, and of tier A.
select
    person_id,
    first_order_at as opens_at,
    cast(null as timestamp) as closes_at,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date,
    'new customer of tier A' as reason
from {{ ref('int_audiences__people') }}
where
    lifecycle_stage = 'new'
    and tier = 'A'
