-- A buyer's user name tells who came back; masked with asterisks it could be anybody's.
select
    _row_number,
    export_version,
    order_id,
    ordered_at,
    case when buyer_username not like '%*%' then 'tiktok_shop:' || buyer_username end as customer_id,
    currency,
    'tiktok_shop' as channel,
    coalesce(cancelled_at, case when lower(order_status) in ('canceled', 'cancelled') then ordered_at end)
        as cancelled_at,
    lower(order_status) as financial_status,
    cast(tax as varchar) as tax,
    cast(shipping as varchar) as shipping,
    country as ship_country,
    state as ship_region
from prepared
where item_number = 1
