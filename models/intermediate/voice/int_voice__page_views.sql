-- Narrow, like message events: whose look it was is a number here. Views after the as-of moment are here too, for the
-- day when they will have happened.
{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key=['source', 'event_id']
) }}

with versions as (

    {{ versions_in_force(ref('int_arrivals__page_events'), ['event_id']) }}

)

select
    source,
    event_id,
    occurred_at,
    page_type,
    order_id,
    url,
    {{ hash_number(['source', 'customer_id', 'email']) }} as address_number,
    row_number,
    awaits_version
from versions
