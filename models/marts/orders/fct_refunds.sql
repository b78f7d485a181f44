with order_totals as (

    select
        order_key,
        returns,
        gross_sales - discounts as paid
    from {{ ref('int_orders__amounts') }}

)

select
    refunds.refund_key,
    refunds.order_key,
    refunds.line_key,
    refunds.source,
    refunds.refund_id,
    refunds.order_id,
    refunds.line_id,
    refunds.refunded_at,
    refunds.refund_date,
    refunds.quantity,
    refunds.reason,
    refunds.currency,
    refunds.amount_order_currency,
    refunds.amount,
    refunds.amount_finance,
    refunds.is_gift_card,
    refunds.is_orphan,
    coalesce(order_totals.returns > order_totals.paid, false) as exceeds_order
from {{ ref('int_orders__priced_refunds') }} as refunds
left join order_totals
    on refunds.order_key = order_totals.order_key
