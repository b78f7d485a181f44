-- One sum by order, without a day: taken to be goods with their tax first, on the latest day that the order shows.
select
    _row_number,
    order_id || '-refunded' as refund_id,
    order_id,
    coalesce(cancelled_at, delivered_at, shipped_at, ordered_at) as refunded_at,
    cast(
        cast(
            round(goods_value * least(1, refunded / greatest(goods_value + tax, 0.0001)), 4) as decimal(18, 4)
        ) as varchar
    ) as amount
from prepared
where
    item_number = 1
    and refunded > 0
