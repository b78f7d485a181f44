{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='address_number'
) }}
-- Found once for each address or id, not for each of its views.
with found as (

    {{ found_addresses(ref('int_arrivals__page_events')) }}

)

select
    source,
    customer_id,
    email,
    address_number,
    person_id
from found
