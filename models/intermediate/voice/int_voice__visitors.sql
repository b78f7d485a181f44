{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='address_number'
) }}
-- Found once for each address or id, not for each of its views.
with addresses as (

    {{ addresses_to_find(ref('int_arrivals__page_events')) }}

)

select
    addresses.source,
    addresses.customer_id,
    addresses.email,
    {{ hash_number(['addresses.source', 'addresses.customer_id', 'addresses.email']) }} as address_number,
    {{ person_of('addresses') }} as person_id
from addresses
{{ person_join('addresses') }}
