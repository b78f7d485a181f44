-- A refund of a valid order needs the rate of its own day too, for the finance basis.
select
    refunds.refund_date as date,
    refunds.currency as from_currency,
    '{{ setting("currency") }}' as to_currency,
    count(*) as refunds
from {{ ref('int_orders__priced_refunds') }} as refunds
inner join {{ ref('int_orders__amounts') }} as amounts
    on refunds.order_key = amounts.order_key
where
    amounts.invalid_reason is null
    and refunds.amount_finance is null
group by
    refunds.refund_date,
    refunds.currency
