{{ config(materialized='ephemeral') }}
-- What others bought next after the product of the last order, if it is in stock.
select
    orders.person_id,
    {{ day_start('orders.order_date + ' ~ audiences_setting("completion_from_days")) }} as opens_at,
    {{ day_start('orders.order_date + ' ~ audiences_setting("completion_to_days") ~ ' + 1') }} as closes_at,
    'bought ' || orders.product_title || ' on ' || cast(orders.order_date as varchar) as reason,
    orders.order_key,
    next_products.next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__orders') }} as orders
inner join {{ ref('next_products') }} as next_products
    on
        orders.product_id = next_products.product_id
        and next_products.recommended_rank = 1
where
    orders.is_last
    and not orders.has_open_return
    and {{ is_near(
        'orders.order_date + ' ~ audiences_setting("completion_from_days"),
        'orders.order_date + ' ~ audiences_setting("completion_to_days")
    ) }}
