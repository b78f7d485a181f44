{{ config(materialized='table') }}

with orders as (

    {{ shopify_kept('orders') }}

),

members as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        cast(json_extract_string(payload, '$.taxesIncluded') as boolean) as has_tax_in_prices,
        {{ shopify_money('payload', '$.totalTipReceivedSet') }} as tip,
        {{ shopify_members('payload', '$.lineItems.nodes') }} as order_line
    from orders

),

facts as (

    select
        updated_at,
        _loaded_at,
        _row,
        has_tax_in_prices,
        tip,
        {{ shopify_id('id') }} as order_id,
        {{ shopify_id("json_extract_string(order_line, '$.id')") }} as line_id,
        {{ shopify_id("json_extract_string(order_line, '$.variant.id')") }} as variant_id,
        {{ shopify_id("json_extract_string(order_line, '$.product.id')") }} as product_id,
        nullif(trim(json_extract_string(order_line, '$.sku')), '') as sku,
        nullif(trim(json_extract_string(order_line, '$.title')), '') as product_title,
        coalesce(cast(json_extract_string(order_line, '$.isGiftCard') as boolean), false) as is_gift_card,
        coalesce(cast(json_extract_string(order_line, '$.requiresShipping') as boolean), false) as needs_shipping,
        cast(json_extract_string(order_line, '$.quantity') as decimal(18, 4)) as quantity,
        {{ shopify_money('order_line', '$.originalUnitPriceSet') }} as listed_price,
        {{ shopify_sum('order_line', '$.discountAllocations[*].allocatedAmountSet.shopMoney.amount') }} as discount,
        {{ shopify_sum('order_line', '$.taxLines[*].priceSet.shopMoney.amount') }} as tax,
        {{ shopify_sum('order_line', '$.taxLines[*].rate') }} as tax_rate
    from members

),

amounts as (

    select
        *,
        {{ money('quantity * listed_price') }} as listed_total
    from facts

),

shares as (

    -- Where prices hold the tax, the line's own tax says how much of them it is. A line given away for nothing bears
    -- none: its rate says what its price held.
    select
        *,
        case
            when not has_tax_in_prices then 0
            when listed_total > discount then tax / (listed_total - discount)
            else tax_rate / (1 + tax_rate)
        end as tax_share
    from amounts

),

priced as (

    select
        *,
        {{ money('listed_price * (1 - tax_share)') }} as unit_price
    from shares

)

select
    'shopify' as source,
    priced.order_id,
    priced.line_id,
    priced.quantity,
    priced.unit_price,
    priced.variant_id,
    priced.sku,
    priced.product_id,
    priced.product_title,
    -- What is left of the line after it is exact, whatever rounding the unit price took.
    {{ money(
        'quantity * unit_price - listed_total + discount + case when has_tax_in_prices then tax else 0 end'
    ) }} as line_discount,
    priced.is_gift_card,
    {{ money('null') }} as unit_cost,
    {{ api_provenance('priced') }}
from priced
where
    priced.quantity > 0
    -- A tip comes as a line of nothing that could be sent.
    and not (
        priced.tip > 0
        and priced.listed_total = priced.tip
        and priced.product_id is null
        and priced.variant_id is null
        and not priced.needs_shipping
        and not priced.is_gift_card
    )
