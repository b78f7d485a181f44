-- One row per row of the report, which is one item. Rows of the "Non-Amazon" sales channel are left out: they are
-- orders of other channels that Amazon only ships.
--
-- item-price is the whole row's, not a unit's. In Amazon.com and Amazon.ca tax comes on top; elsewhere it is included.
with items as (

    select
        *,
        try_cast(quantity as decimal(18, 4)) as items,
        try_cast(item_price as decimal(18, 4)) as price,
        coalesce(try_cast(item_tax as decimal(18, 4)), 0) as tax,
        coalesce(try_cast(shipping_price as decimal(18, 4)), 0) as shipping,
        coalesce(try_cast(shipping_tax as decimal(18, 4)), 0) as shipping_tax_amount,
        abs(coalesce(try_cast(item_promotion_discount as decimal(18, 4)), 0)) as promotion,
        coalesce(lower(sales_channel) not in ('amazon.com', 'amazon.ca'), false) as is_tax_included,
        row_number() over (partition by amazon_order_id order by _row_number) as item_number,
        row_number() over (partition by amazon_order_id, sku order by _row_number) as same_sku_number,
        md5(
            string_agg(_digest, '') over (
                partition by amazon_order_id order by _row_number
                rows between unbounded preceding and unbounded following
            )
        ) as export_version
    from export
    where coalesce(lower(sales_channel), '') not like 'non-amazon%'

)

select
    *,
    coalesce(
        try_cast(vat_exclusive_item_price as decimal(18, 4)),
        case when is_tax_included then price - tax else price end
    ) as untaxed_price,
    case when is_tax_included then shipping - shipping_tax_amount else shipping end as untaxed_shipping
from items
