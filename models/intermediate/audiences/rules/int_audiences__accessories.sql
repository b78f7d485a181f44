{{ config(materialized='ephemeral') }}
-- Months with a lasting product: what was made for it and is in stock, else its upgrade.
with accessories as (

    select
        accessory_for as product_id,
        min(product_id) as accessory_id
    from {{ ref('int_products__current') }}
    where
        accessory_for is not null
        and coalesce(in_stock, true)
    group by accessory_for

),

durables as (

    select variant_id
    from {{ ref('int_products__current') }}
    group by variant_id
    having max(category_class) = 'durable'

)

select
    orders.person_id,
    {{ day_start('orders.order_date + ' ~ audiences_setting("accessories_from_days")) }} as opens_at,
    {{ day_start('orders.order_date + ' ~ audiences_setting("accessories_to_days") ~ ' + 1') }} as closes_at,
    'bought ' || orders.product_title || ' on ' || cast(orders.order_date as varchar) as reason,
    orders.order_key,
    accessories.accessory_id as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__orders') }} as orders
inner join durables
    on orders.variant_id = durables.variant_id
left join accessories
    on orders.product_id = accessories.product_id
where
    orders.is_last
    and not orders.has_open_return
    and {{ is_near(
        'orders.order_date + ' ~ audiences_setting("accessories_from_days"),
        'orders.order_date + ' ~ audiences_setting("accessories_to_days")
    ) }}
