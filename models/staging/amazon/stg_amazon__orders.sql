-- Orders that Amazon only fulfils came in by another channel, and pending ones aren't priced yet.
with fields as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        payload ->> '$.createdTime' as created_at,
        payload ->> '$.lastUpdatedTime' as changed_at,
        payload ->> '$.fulfillment.fulfillmentStatus' as fulfillment_status,
        payload ->> '$.buyer.buyerEmail' as email,
        payload ->> '$.recipient.deliveryAddress.countryCode' as ship_country,
        payload ->> '$.recipient.deliveryAddress.stateOrRegion' as ship_region,
        coalesce(
            payload ->> '$.proceeds.grandTotal.currencyCode',
            payload ->> '$.orderItems[0].proceeds.breakdowns[0].subtotal.currencyCode',
            payload ->> '$.orderItems[0].product.price.unitPrice.currencyCode'
        ) as currency,
        {{ json_list("payload -> '$.proceeds.breakdowns'") }} as proceeds,
        list_filter(
            {{ json_list("payload -> '$.associatedOrders'") }},
            lambda other: other ->> '$.associationType' in ('REPLACEMENT_ORIGINAL_ID', 'EXCHANGE_ORIGINAL_ID')
        )[1] ->> '$.orderId' as exchange_of_order_id
    from {{ source('raw_amazon', 'orders') }}
    where
        payload ->> '$.salesChannel.channelName' = 'AMAZON'
        and coalesce(payload ->> '$.fulfillment.fulfillmentStatus', '') not in ('PENDING', 'PENDING_AVAILABILITY')

)

select
    'amazon' as source,
    fields.id as order_id,
    {{ to_utc('created_at') }} as ordered_at,
    cast(null as varchar) as customer_id,
    -- A relay of Amazon's: it joins one buyer's orders and reaches nobody.
    nullif(lower(trim(email)), '') as email,
    cast(null as varchar) as phone,
    cast(null as varchar) as first_name,
    cast(null as varchar) as last_name,
    fields.currency,
    'amazon' as channel,
    cast(null as varchar) as acquisition_source,
    cast(null as varchar) as discount_codes,
    cast(null as varchar) as referral_code,
    -- When it was cancelled isn't said; the last change is the nearest moment there is.
    case when fields.fulfillment_status = 'CANCELLED' then {{ to_utc('changed_at') }} end as cancelled_at,
    false as is_test,
    cast(null as varchar) as financial_status,
    -- The order's DISCOUNT is the sum of its lines' and stands there.
    cast(null as decimal(18, 4)) as order_discount,
    {{ amazon_proceeds('proceeds', 'TAX') }} as tax,
    {{ amazon_proceeds('proceeds', 'SHIPPING') }} as shipping,
    {{ amazon_proceeds('proceeds', 'DELIVERY_TIP') }} as tip,
    cast(null as decimal(18, 4)) as gift_card_payment,
    fields.ship_country,
    fields.ship_region,
    fields.exchange_of_order_id,
    cast(null as varchar) as order_type,
    {{ api_provenance('fields') }}
from fields
