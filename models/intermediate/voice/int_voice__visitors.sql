-- Found once for each address or id, not for each of its views.
with addresses as (

    select distinct
        source,
        customer_id,
        email
    from {{ ref('int_arrivals__page_events') }}

)

select
    {{ hash_number(['addresses.source', 'addresses.customer_id', 'addresses.email']) }} as address_number,
    {{ person_of('addresses') }} as person_id
from addresses
{{ person_join('addresses') }}
