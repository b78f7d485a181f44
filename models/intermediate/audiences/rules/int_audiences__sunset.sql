{{ config(materialized='ephemeral') }}
-- Mailed, and no sign of a human for half a year.
select
    person_id,
    coalesce(last_engaged_at, first_seen_at) + interval '{{ audiences_setting("sunset_days") }}' day as opens_at,
    cast(null as timestamp) as closes_at,
    'nothing since ' || coalesce(cast(last_engaged_at as varchar), 'the first mail') as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__people') }}
where is_silent
