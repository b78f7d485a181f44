{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='address_number',
    pre_hook="{{ keep_before(['address_number', 'recipient_id']) }}"
) }}
-- Found once for each address or id, not for each experiment that it is in. Arms are given to people who never ordered
-- too, under a hash of the address.
with found as (

    {{ found_addresses(ref('int_arrivals__flow_holdouts')) }}

)

select
    source,
    customer_id,
    email,
    address_number,
    person_id,
    coalesce(person_id, unknown_recipient_id) as recipient_id
from found
