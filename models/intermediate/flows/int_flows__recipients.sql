{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='address_number',
    pre_hook="{{ keep_before(['address_number', 'recipient_number', 'person_id']) }}"
) }}
-- Found once for each address or id, not for each of its events. Messages go to people who never ordered too: their
-- sends count, under a hash of the address.
with found as (

    {{ found_addresses(ref('int_arrivals__message_events')) }}

)

select
    source,
    customer_id,
    email,
    address_number,
    {{ hash_number(['coalesce(person_id, unknown_recipient_id)']) }} as recipient_number,
    person_id,
    unknown_recipient_id
from found
