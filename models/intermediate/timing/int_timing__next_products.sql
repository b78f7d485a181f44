-- Of persons whose order had product A, the share whose next order had B, against how many next orders have B anyway.
with orders as (

    select
        order_key,
        lead(order_key) over (
            partition by person_id
            order by order_sequence
        ) as next_order_key
    from {{ ref('fct_orders') }}
    where
        is_valid
        and is_identified

),

followed as (

    select *
    from orders
    where next_order_key is not null

),

order_products as (

    select distinct
        order_key,
        product_id
    from {{ ref('fct_order_lines') }}
    where
        product_id is not null
        and not is_gift_card

),

firsts as (

    select
        order_products.product_id,
        count(*) as orders_followed
    from followed
    inner join order_products
        on followed.order_key = order_products.order_key
    group by order_products.product_id

),

nexts as (

    select
        order_products.product_id,
        count(*) as next_orders
    from followed
    inner join order_products
        on followed.next_order_key = order_products.order_key
    group by order_products.product_id

),

pairs as (

    select
        bought.product_id,
        then_bought.product_id as next_product_id,
        count(*) as next_orders
    from followed
    inner join order_products as bought
        on followed.order_key = bought.order_key
    inner join order_products as then_bought
        on followed.next_order_key = then_bought.order_key
    where bought.product_id <> then_bought.product_id
    group by
        bought.product_id,
        then_bought.product_id

),

totals as (

    select count(*) as orders_followed
    from followed

)

select
    pairs.product_id,
    pairs.next_product_id,
    firsts.orders_followed,
    pairs.next_orders,
    cast(pairs.next_orders as double) / firsts.orders_followed as next_share,
    {{ wilson_bound('pairs.next_orders', 'firsts.orders_followed', 'low') }} as next_share_low,
    cast(nexts.next_orders as double) / totals.orders_followed as base_share,
    (cast(pairs.next_orders as double) / firsts.orders_followed)
    / (cast(nexts.next_orders as double) / totals.orders_followed) as lift
from pairs
cross join totals
inner join firsts
    on pairs.product_id = firsts.product_id
inner join nexts
    on pairs.next_product_id = nexts.product_id
