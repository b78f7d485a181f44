-- A newer version of an order brings all its lines anew: lines stamped earlier than the order's newest line, or, where
-- lines carry no stamp, loaded before the order's own version although newer ones came with it, are no longer its.
with latest_lines as (

    {{ latest_version(ref('int_arrivals__order_lines'), ['order_id', 'line_id']) }}

),

stamped as (

    select
        *,
        source || ':' || order_id as order_key
    from latest_lines

),

mixed_orders as (

    -- Few orders hold lines of more than one stamp or load; only those can have lines that were replaced.
    select
        order_key,
        max(updated_at) as newest_stamp,
        max(load_id) as newest_load
    from stamped
    group by order_key
    having
        max(updated_at) <> min(updated_at)
        or count(updated_at) between 1 and count(*) - 1
        or max(load_id) <> min(load_id)

),

products as (

    select * from {{ ref('int_products__current') }}

)

select
    stamped.order_key || ':' || stamped.line_id as line_key,
    stamped.order_key,
    stamped.source,
    stamped.order_id,
    stamped.line_id,
    stamped.variant_id,
    stamped.sku,
    coalesce(stamped.product_id, products.product_id) as product_id,
    coalesce(stamped.product_title, products.product_title) as product_title,
    products.product_type,
    products.category_class,
    stamped.quantity,
    stamped.unit_price,
    {{ money('stamped.quantity * stamped.unit_price') }} as gross_sales,
    {{ money('coalesce(stamped.line_discount, 0)') }} as line_discount,
    coalesce(stamped.is_gift_card, false) as is_gift_card,
    -- A line's cost is in the order's currency, a product's in the shop's.
    stamped.unit_cost as line_unit_cost,
    products.unit_cost as product_unit_cost,
    orders.order_key is null as is_waiting
from stamped
left join {{ ref('int_orders__current') }} as orders
    on stamped.order_key = orders.order_key
left join products
    on
        stamped.source = products.source
        and stamped.variant_id = products.variant_id
left join mixed_orders
    on stamped.order_key = mixed_orders.order_key
where
    mixed_orders.order_key is null
    or stamped.updated_at = mixed_orders.newest_stamp
    or (
        mixed_orders.newest_stamp is null
        and (
            orders.load_id is null
            or stamped.load_id >= orders.load_id
            or mixed_orders.newest_load < orders.load_id
        )
    )
