{{ config(materialized='ephemeral') }}
-- Tier C as the definitions have it.
select
    person_id,
    first_order_at as opens_at,
    cast(null as timestamp) as closes_at,
    'tier C' as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__people') }}
where tier = 'C'
