select
    orders.order_key,
    row_number() over (
        partition by record_persons.person_id
        order by orders.ordered_at, orders.source, orders.order_id
    ) as order_sequence
from {{ ref('int_orders__current') }} as orders
inner join {{ ref('int_identity__record_persons') }} as record_persons
    on orders.order_key = record_persons.record_key
inner join {{ ref('int_orders__amounts') }} as amounts
    on orders.order_key = amounts.order_key
where amounts.invalid_reason is null
