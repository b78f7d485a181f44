-- The export knows one sum refunded by order, taxes and shipping included, without a day or a line. It is taken to be
-- goods with their tax first and shipping last. Its day is the latest that the order shows, which is too early rather
-- than too late: only Shopify's API knows better.
select
    order_row_number as _row_number,
    order_id || '-refunded' as refund_id,
    order_id,
    greatest(
        coalesce(cancelled_at, created_at),
        coalesce(fulfilled_at, created_at),
        coalesce(paid_at, created_at),
        created_at
    ) as refunded_at,
    cast(
        cast(
            round(
                untaxed_goods_value * (1 - discount_share)
                * least(1, refunded_amount / (subtotal + case when is_tax_included then 0 else taxes end)),
                4
            ) as decimal(18, 4)
        ) as varchar
    ) as amount
from prepared
where
    line_number = 1
    and refunded_amount > 0
    and subtotal > 0
