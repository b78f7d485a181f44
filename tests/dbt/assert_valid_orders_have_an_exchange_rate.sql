-- A valid order in another currency without a rate at most a week old: deliver that day's rate for that pair.
select
    orders.order_date as date,
    orders.currency as from_currency,
    '{{ setting("currency") }}' as to_currency,
    count(*) as orders
from {{ ref('int_orders__current') }} as orders
inner join {{ ref('int_orders__amounts') }} as amounts
    on orders.order_key = amounts.order_key
where
    amounts.invalid_reason is null
    and amounts.exchange_rate is null
group by
    orders.order_date,
    orders.currency
order by
    orders.order_date,
    orders.currency
