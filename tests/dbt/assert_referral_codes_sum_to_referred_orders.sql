-- Over all codes, over the months and over the orders: the same referred orders and new customers, none of them twice.
with said as (

    select
        'codes' as place,
        coalesce(sum(referred_orders), 0) as orders,
        coalesce(sum(new_customers), 0) as customers
    from {{ ref('fct_referrals') }}
    union all
    select
        dimension as place,
        coalesce(sum(referred_orders), 0) as orders,
        coalesce(sum(referred_customers), 0) as customers
    from {{ ref('referrals') }}
    group by dimension
    union all
    select
        'orders' as place,
        count(*) as orders,
        count(case when order_sequence = 1 and is_identified then 1 end) as customers
    from {{ ref('fct_orders') }}
    where is_valid and is_referred

)

select
    min(orders) as fewest_orders,
    max(orders) as most_orders,
    min(customers) as fewest_customers,
    max(customers) as most_customers
from said
having
    min(orders) <> max(orders)
    or min(customers) <> max(customers)
