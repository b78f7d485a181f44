with lines as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        {{ json_rows("payload -> '$.orderItems'") }} as item
    from {{ source('raw_amazon', 'orders') }}
    where
        payload ->> '$.salesChannel.channelName' = 'AMAZON'
        and coalesce(payload ->> '$.fulfillment.fulfillmentStatus', '') not in ('PENDING', 'PENDING_AVAILABILITY')

),

fields as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        item ->> '$.orderItemId' as line_id,
        cast(item ->> '$.quantityOrdered' as decimal(18, 4)) as quantity,
        item ->> '$.product.sellerSku' as sku,
        item ->> '$.product.asin' as asin,
        item ->> '$.product.title' as title,
        cast(item ->> '$.product.price.unitPrice.amount' as decimal(18, 4)) as listed_price,
        {{ json_list("item -> '$.proceeds.breakdowns'") }} as proceeds
    from lines

),

priced as (

    select
        *,
        {{ amazon_proceeds('proceeds', 'ITEM') }} as item_proceeds,
        {{ amazon_proceeds('proceeds', 'DISCOUNT') }} as discount
    from fields
    -- A cancelled line may keep its place with none ordered.
    where quantity > 0

)

select
    'amazon' as source,
    priced.id as order_id,
    priced.line_id,
    priced.quantity,
    -- What is charged for the items, tax apart; the listed price holds the tax where prices do.
    case
        when priced.item_proceeds = priced.quantity * priced.listed_price then priced.listed_price
        else coalesce(cast(priced.item_proceeds / priced.quantity as decimal(18, 4)), priced.listed_price)
    end as unit_price,
    priced.sku as variant_id,
    priced.sku,
    priced.asin as product_id,
    priced.title as product_title,
    abs(priced.discount) as line_discount,
    false as is_gift_card,
    cast(null as decimal(18, 4)) as unit_cost,
    {{ api_provenance('priced') }}
from priced
