-- What several reports ask of orders, counted once for all of them: every valid order, whoever bought it.
{% set dimensions = customer_dimensions() %}

with reviewed_orders as (

    select distinct order_key
    from {{ ref('fct_reviews') }}
    where order_key is not null

),

orders as (

    select
        orders.person_id,
        orders.is_referred,
        {{ month_of('orders.order_date') }} as month,
        {{ month_of('deliveries.first_delivered_date') }} as delivered_month,
        deliveries.is_late,
        reviewed_orders.order_key is not null as is_reviewed
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('int_voice__deliveries') }} as deliveries
        on orders.order_key = deliveries.order_key
    left join reviewed_orders
        on orders.order_key = reviewed_orders.order_key
    where orders.is_valid

)

select
    orders.month,
    orders.delivered_month,
    orders.is_late,
    orders.is_reviewed,
    {% for dimension in dimensions %}
        customers.{{ dimension }},
    {% endfor %}
    count(*) as orders,
    sum(case when orders.is_referred then 1 else 0 end) as referred_orders
from orders
inner join {{ ref('int_voice__customers') }} as customers
    on orders.person_id = customers.person_id
group by
    {% for dimension in dimensions %}
        customers.{{ dimension }},
    {% endfor %}
    orders.month,
    orders.delivered_month,
    orders.is_late,
    orders.is_reviewed
