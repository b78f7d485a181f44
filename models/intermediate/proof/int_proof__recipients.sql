{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='address_number',
    pre_hook="{{ keep_before(['address_number', 'recipient_id']) }}"
) }}
-- Found once for each address or id, not for each experiment that it is in. Arms are given to people who never ordered
-- too, under a hash of the address.
with addresses as (

    {{ addresses_to_find(ref('int_arrivals__flow_holdouts')) }}

),

found as (

    select
        addresses.source,
        addresses.customer_id,
        addresses.email,
        {{ person_of('addresses') }} as person_id
    from addresses
    {{ person_join('addresses') }}

)

select
    source,
    customer_id,
    email,
    {{ hash_number(['source', 'customer_id', 'email']) }} as address_number,
    person_id,
    coalesce(
        person_id, {{ hash_text("coalesce('id:' || source || ':' || customer_id, 'email:' || email)") }}
    ) as recipient_id
from found
