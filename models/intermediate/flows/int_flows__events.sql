-- Narrow, since there are more of them than of anything else: the message's names and the recipient are numbers here.
-- Events after the as-of moment are here too, for the day when they will have happened.
{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key=['source', 'event_id']
) }}
-- What changes is told from what was here before: depends_on: {{ ref('int_flows__changed') }}
with events as (

    {{ versions_in_force(ref('int_arrivals__message_events'), ['event_id']) }}

)

select
    source,
    event_id,
    occurred_at,
    event_type,
    {{ hash_number(['source'] + message_attributes()) }} as variant_number,
    {{ hash_number(['source', 'customer_id', 'email']) }} as address_number,
    link,
    coalesce(is_machine, false) as is_machine_by_tool,
    row_number,
    awaits_version
from events
