-- shopify.order_line_refund, goods with their line; and what was refunded beside goods, as shopify.order_adjustment
-- knows it: kind refund_discrepancy, below zero. Refunded shipping is no refund of goods.
select
    line_refunds.id as refund_id,
    refunds.order_id,
    coalesce(refunds.processed_at, refunds.created_at) || 'Z' as refunded_at,
    cast(
        line_refunds.subtotal - case when orders.taxes_included then line_refunds.total_tax else 0 end
        as decimal(18, 4)
    ) as amount,
    line_refunds.order_line_id as line_id,
    line_refunds.quantity,
    refunds.note as reason
from read_parquet('{{ shop }}/tables/shopify/order_line_refund.parquet') as line_refunds
inner join read_parquet('{{ shop }}/tables/shopify/refund.parquet') as refunds
    on line_refunds.refund_id = refunds.id
inner join read_parquet('{{ shop }}/tables/shopify/order.parquet') as orders
    on refunds.order_id = orders.id

union all

select
    adjustments.id as refund_id,
    refunds.order_id,
    coalesce(refunds.processed_at, refunds.created_at) || 'Z' as refunded_at,
    cast(-adjustments.amount as decimal(18, 4)) as amount,
    null as line_id,
    null as quantity,
    refunds.note as reason
from read_parquet('{{ shop }}/tables/shopify/order_adjustment.parquet') as adjustments
inner join read_parquet('{{ shop }}/tables/shopify/refund.parquet') as refunds
    on adjustments.refund_id = refunds.id
where adjustments.kind = 'refund_discrepancy'
