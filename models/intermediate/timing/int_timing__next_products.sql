-- Of persons whose order had product A, the share whose next order had B, against how many next orders have B anyway.
-- A person's valid orders are numbered without a gap, so that the next one has the next number.
with last_orders as (

    select
        person_id,
        max(order_sequence) as last_sequence
    from {{ ref('fct_orders') }}
    where
        is_valid
        and is_identified
    group by person_id
    having max(order_sequence) > 1

),

orders as (

    select
        orders.order_key,
        -- Eight bytes, which millions of lines are sorted out by.
        {{ hash_number(['orders.person_id']) }} as person_number,
        orders.order_sequence,
        last_orders.last_sequence
    from {{ ref('fct_orders') }} as orders
    inner join last_orders
        on orders.person_id = last_orders.person_id
    where orders.is_valid

),

bought as (

    select distinct
        orders.person_number,
        orders.order_sequence,
        orders.last_sequence,
        order_lines.product_id
    from orders
    inner join {{ ref('fct_order_lines') }} as order_lines
        on orders.order_key = order_lines.order_key
    where
        order_lines.product_id is not null
        and not order_lines.is_gift_card

),

products as (

    select
        product_id,
        sum(case when order_sequence < last_sequence then 1 else 0 end) as orders_followed,
        sum(case when order_sequence > 1 then 1 else 0 end) as next_orders
    from bought
    group by product_id

),

pairs as (

    select
        bought.product_id,
        then_bought.product_id as next_product_id,
        count(*) as next_orders
    from bought
    inner join bought as then_bought
        on
            bought.person_number = then_bought.person_number
            and bought.order_sequence + 1 = then_bought.order_sequence
    where bought.product_id <> then_bought.product_id
    group by
        bought.product_id,
        then_bought.product_id

),

totals as (

    select count(*) as orders_followed
    from orders
    where order_sequence > 1

)

select
    pairs.product_id,
    pairs.next_product_id,
    cast(firsts.orders_followed as bigint) as orders_followed,
    pairs.next_orders,
    cast(pairs.next_orders as double) / firsts.orders_followed as next_share,
    {{ wilson_bound('pairs.next_orders', 'firsts.orders_followed', 'low') }} as next_share_low,
    cast(nexts.next_orders as double) / totals.orders_followed as base_share,
    (cast(pairs.next_orders as double) / firsts.orders_followed)
    / (cast(nexts.next_orders as double) / totals.orders_followed) as lift
from pairs
cross join totals
inner join products as firsts
    on pairs.product_id = firsts.product_id
inner join products as nexts
    on pairs.next_product_id = nexts.product_id
