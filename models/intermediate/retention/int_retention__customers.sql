-- The denominator of every repeat rate: identified persons with a valid order, wholesale buyers left out.
with customers as (

    select * from {{ ref('dim_customers') }}
    where is_identified and not is_wholesale and valid_orders > 0

)

select
    customers.person_id,
    sums.first_day,
    {{ month_of('sums.first_day') }} as cohort_month,
    sums.second_day,
    {{ days_between('sums.first_day', 'sums.second_day') }} as days_to_second,
    {{ days_between('sums.first_day', last_full_day()) }} as days_observed,
    customers.valid_orders,
    coalesce(customers.acquisition_source, 'unknown') as acquisition_source,
    customers.first_channel as channel,
    coalesce(customers.first_ship_country, 'unknown') as market,
    coalesce(customers.first_product_type, 'unknown') as product_type,
    case when customers.is_first_order_discounted then 'discounted' else 'full_price' end as first_order_discount,
    case when customers.is_referred then 'referred' else 'not_referred' end as referral
from customers
inner join {{ ref('int_lifetime__customers') }} as sums
    on customers.person_id = sums.person_id
