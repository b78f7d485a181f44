-- Cohort basis converts at the order's rate, finance basis at the refund day's own.
select
    refunds.refund_key,
    refunds.order_key,
    case when lines.order_key is not null then lines.order_key || ':' || lines.line_id end as line_key,
    refunds.source,
    refunds.refund_id,
    refunds.order_id,
    refunds.line_id,
    refunds.refunded_at,
    refunds.refund_date,
    refunds.quantity,
    refunds.reason,
    coalesce(lines.is_gift_card, false) as is_gift_card,
    orders.order_key is null as is_orphan,
    coalesce(orders.currency, '{{ setting("currency") }}') as currency,
    refunds.amount as amount_order_currency,
    -- An order never seen has no currency either; its refund is taken as the shop's own.
    case
        when orders.order_key is null then refunds.amount
        else {{ converted('refunds.amount', 'order_rates.exchange_rate') }}
    end as amount,
    case
        when orders.order_key is null then refunds.amount
        else {{ converted('refunds.amount', 'refund_rates.exchange_rate') }}
    end as amount_finance
from {{ ref('int_orders__current_refunds') }} as refunds
left join {{ ref('int_orders__lines') }} as lines
    on
        refunds.order_key = lines.order_key
        and refunds.line_id = lines.line_id
left join {{ ref('int_orders__current') }} as orders
    on refunds.order_key = orders.order_key
left join {{ ref('int_orders__rates') }} as order_rates
    on
        orders.order_date = order_rates.rate_date
        and orders.currency = order_rates.currency
left join {{ ref('int_orders__rates') }} as refund_rates
    on
        refunds.refund_date = refund_rates.rate_date
        and orders.currency = refund_rates.currency
