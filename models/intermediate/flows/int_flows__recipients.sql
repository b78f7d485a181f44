{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='address_number',
    pre_hook="{{ keep_before(['address_number', 'recipient_number', 'person_id']) }}"
) }}
-- Found once for each address or id, not for each of its events. Messages go to people who never ordered too: their
-- sends count, under a hash of the address.
with addresses as (

    {{ addresses_to_find(ref('int_arrivals__message_events')) }}

),

found as (

    select
        addresses.source,
        addresses.customer_id,
        addresses.email,
        {{ person_of('addresses') }} as person_id
    from addresses
    {{ person_join('addresses') }}

),

named as (

    select
        *,
        case
            when person_id is null
                then {{ hash_text("coalesce('id:' || source || ':' || customer_id, 'email:' || email)") }}
        end as unknown_recipient_id
    from found

)

select
    source,
    customer_id,
    email,
    {{ hash_number(['source', 'customer_id', 'email']) }} as address_number,
    {{ hash_number(['coalesce(person_id, unknown_recipient_id)']) }} as recipient_number,
    person_id,
    unknown_recipient_id
from named
