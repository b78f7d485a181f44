-- The denominator of every repeat rate: identified persons with a valid order, wholesale buyers left out.
-- A renewal is no decision to come back, and a second order on the first one's local day is the same visit.
with customers as (

    select * from {{ ref('dim_customers') }}
    where is_identified and not is_wholesale and valid_orders > 0

),

first_days as (

    select
        orders.person_id,
        min(orders.order_date) as first_day
    from {{ ref('fct_orders') }} as orders
    where orders.is_valid
    group by orders.person_id

),

second_days as (

    select
        orders.person_id,
        min(orders.order_date) as second_day
    from {{ ref('fct_orders') }} as orders
    inner join first_days
        on orders.person_id = first_days.person_id
    where
        orders.is_valid
        and orders.order_type <> 'subscription_renewal'
        and orders.order_date > first_days.first_day
    group by orders.person_id

)

select
    customers.person_id,
    first_days.first_day,
    {{ month_of('first_days.first_day') }} as cohort_month,
    second_days.second_day,
    {{ days_between('first_days.first_day', 'second_days.second_day') }} as days_to_second,
    {{ days_between('first_days.first_day', last_full_day()) }} as days_observed,
    customers.valid_orders,
    coalesce(customers.acquisition_source, 'unknown') as acquisition_source,
    customers.first_channel as channel,
    coalesce(customers.first_ship_country, 'unknown') as market,
    coalesce(customers.first_product_type, 'unknown') as product_type,
    case when customers.is_first_order_discounted then 'discounted' else 'full_price' end as first_order_discount,
    case when customers.is_referred then 'referred' else 'not_referred' end as referral
from customers
inner join first_days
    on customers.person_id = first_days.person_id
left join second_days
    on customers.person_id = second_days.person_id
