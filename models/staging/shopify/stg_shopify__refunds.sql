-- Goods only: a refund's shipping, duties and tax lie beside its lines and aren't read.
with orders as (

    {{ shopify_kept('orders') }}

),

refunds as (

    select
        refunds.id,
        refunds.payload,
        refunds.updated_at,
        refunds._loaded_at,
        refunds._row,
        json_extract_string(refunds.payload, '$.order.id') as order_gid,
        {{ to_utc("json_extract_string(refunds.payload, '$.processedAt')") }} as refunded_at,
        cast(json_extract_string(refunds.payload, '$.order.taxesIncluded') as boolean) as has_tax_in_prices,
        nullif(trim(json_extract_string(refunds.payload, '$.note')), '') as note
    from {{ source('raw_shopify', 'refunds') }} as refunds
    inner join orders
        on json_extract_string(refunds.payload, '$.order.id') = orders.id

),

lines as (

    select
        id,
        order_gid,
        refunded_at,
        has_tax_in_prices,
        note,
        updated_at,
        _loaded_at,
        _row,
        {{ shopify_members('payload', '$.refundLineItems.nodes') }} as order_line
    from refunds

),

adjustments as (

    -- What was paid back beyond the lines' prices (below zero) or kept back of them (a fee).
    select
        order_gid,
        refunded_at,
        note,
        updated_at,
        _loaded_at,
        _row,
        {{ shopify_members('payload', '$.orderAdjustments.nodes') }} as adjustment
    from refunds

)

select
    'shopify' as source,
    coalesce(
        {{ shopify_id("json_extract_string(lines.order_line, '$.id')") }},
        {{ shopify_id('lines.id') }}
        || '-' || {{ shopify_id("json_extract_string(lines.order_line, '$.lineItem.id')") }}
    ) as refund_id,
    {{ shopify_id('lines.order_gid') }} as order_id,
    lines.refunded_at,
    cast(
        {{ shopify_money('lines.order_line', '$.subtotalSet') }}
        - case when lines.has_tax_in_prices then {{ shopify_money('lines.order_line', '$.totalTaxSet') }} else 0 end
        as decimal(18, 4)
    ) as amount,
    {{ shopify_id("json_extract_string(lines.order_line, '$.lineItem.id')") }} as line_id,
    cast(json_extract_string(lines.order_line, '$.quantity') as decimal(18, 4)) as quantity,
    lines.note as reason,
    {{ api_provenance('lines') }}
from lines
union all
select
    'shopify' as source,
    'adjustment-' || {{ shopify_id("json_extract_string(adjustments.adjustment, '$.id')") }} as refund_id,
    {{ shopify_id('adjustments.order_gid') }} as order_id,
    adjustments.refunded_at,
    -{{ shopify_money('adjustments.adjustment', '$.amountSet') }} as amount,
    cast(null as varchar) as line_id,
    cast(null as decimal(18, 4)) as quantity,
    coalesce(adjustments.note, lower(json_extract_string(adjustments.adjustment, '$.reason'))) as reason,
    {{ api_provenance('adjustments') }}
from adjustments
where {{ shopify_money('adjustments.adjustment', '$.amountSet') }} <> 0
