-- The first reason that applies, in this order. Refunds don't make an order invalid.
select
    orders.order_key,
    case
        when orders.is_test then 'test'
        when orders.cancelled_at is not null then 'cancelled'
        when orders.financial_status in ('voided', 'expired') then 'voided'
        when orders.exchange_of_order_id is not null then 'exchange'
        when amounts.has_only_gift_cards then 'gift_card_only'
        when amounts.line_count = 0 or amounts.goods_order_currency <= 0 then 'no_value'
    end as invalid_reason
from {{ ref('int_orders__current') }} as orders
inner join {{ ref('int_orders__amounts') }} as amounts
    on orders.order_key = amounts.order_key
