{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_lifetime__changed'}
) }}
-- A renewal comes by itself: a person who subscribes to a variant says nothing of how fast it is used up.
with lines as (

    select
        orders.person_id,
        lines.variant_id,
        lines.product_type,
        orders.order_date,
        orders.order_type,
        lines.kept_quantity as quantity
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ only_changed(ref('fct_orders'), ref('int_lifetime__changed'), 'person_id') }} as orders
        on lines.order_key = orders.order_key
    inner join {{ ref('int_lifetime__customers') }} as customers
        on orders.person_id = customers.person_id
    where
        orders.is_valid
        and customers.is_counted
        and orders.order_date <= {{ last_full_day() }}
        and lines.variant_id is not null
        and not lines.is_gift_card
        and lines.kept_quantity > 0

),

days as (

    select
        person_id,
        variant_id,
        order_date,
        max(product_type) as product_type,
        sum(quantity) as quantity,
        max(case when order_type = 'subscription_renewal' then 1 else 0 end) as renewals
    from lines
    group by
        person_id,
        variant_id,
        order_date

)

select
    person_id,
    variant_id,
    order_date,
    quantity,
    coalesce(product_type, 'unknown') as product_type,
    lead(order_date) over (
        partition by person_id, variant_id
        order by order_date
    ) as next_date,
    max(renewals) over (partition by person_id, variant_id) > 0 as is_subscribed
from days
