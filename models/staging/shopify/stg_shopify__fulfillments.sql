with orders as (

    {{ shopify_kept('orders') }}

),

parcels as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        {{ shopify_members('payload', '$.fulfillments') }} as parcel
    from orders

)

select
    'shopify' as source,
    {{ shopify_id("json_extract_string(parcel, '$.id')") }} as fulfillment_id,
    {{ shopify_id('id') }} as order_id,
    {{ to_utc("json_extract_string(parcel, '$.createdAt')") }} as shipped_at,
    {{ to_utc("json_extract_string(parcel, '$.estimatedDeliveryAt')") }} as estimated_delivery_at,
    {{ to_utc("json_extract_string(parcel, '$.deliveredAt')") }} as delivered_at,
    lower(coalesce(
        json_extract_string(parcels.parcel, '$.displayStatus'), json_extract_string(parcels.parcel, '$.status')
    )) as status,
    {{ api_provenance('parcels') }}
from parcels
where json_extract_string(parcels.parcel, '$.status') not in ('CANCELLED', 'ERROR', 'FAILURE')
