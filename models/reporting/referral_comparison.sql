-- Referred against other customers over the same time since their first order; nothing says that the code made them
-- different. Cohort basis; mature customers only.
{% set windows = setting("repeat_windows") %}

with customers as (

    select
        person_id,
        first_day,
        days_to_second,
        days_observed,
        referral
    from {{ ref('int_retention__customers') }}
    -- Without any code delivered nobody can be told apart.
    where exists (select 1 from {{ ref('fct_referrals') }})

),

customer_counts as (

    select
        customers.referral,
        windows.window_days,
        count(*) as customers,
        sum(case when customers.days_observed >= windows.window_days then 1 else 0 end) as mature_customers,
        sum(
            case
                when
                    customers.days_observed >= windows.window_days
                    and customers.days_to_second <= windows.window_days
                    then 1
                else 0
            end
        ) as repeaters
    from customers
    cross join {{ window_rows(windows) }} as windows
    group by
        customers.referral,
        windows.window_days

),

purchases as (

    -- Summed by day before the windows: a few hundred rows instead of one for each order and window.
    select
        customers.referral,
        customers.days_observed,
        {{ days_between('customers.first_day', 'orders.order_date') }} as days_since_first,
        count(*) as orders,
        sum(orders.net_sales) as net_sales
    from {{ ref('fct_orders') }} as orders
    inner join customers
        on orders.person_id = customers.person_id
    where orders.is_valid
    group by
        customers.referral,
        customers.days_observed,
        {{ days_between('customers.first_day', 'orders.order_date') }}

),

purchase_counts as (

    select
        purchases.referral,
        windows.window_days,
        sum(purchases.orders) as orders,
        sum(purchases.net_sales) as net_sales
    from purchases
    inner join {{ window_rows(windows) }} as windows
        on
            purchases.days_since_first <= windows.window_days
            and purchases.days_observed >= windows.window_days
    group by
        purchases.referral,
        windows.window_days

)

select
    customer_counts.referral,
    cast(customer_counts.window_days as integer) as window_days,
    cast(customer_counts.customers as bigint) as customers,
    cast(customer_counts.mature_customers as bigint) as mature_customers,
    cast(customer_counts.repeaters as bigint) as repeaters,
    cast(customer_counts.repeaters as double) / nullif(customer_counts.mature_customers, 0) as repeat_rate,
    {{ wilson_bound('customer_counts.repeaters', 'customer_counts.mature_customers', 'low') }} as repeat_rate_low,
    {{ wilson_bound('customer_counts.repeaters', 'customer_counts.mature_customers', 'high') }} as repeat_rate_high,
    cast(purchase_counts.orders as double) / nullif(customer_counts.mature_customers, 0) as orders_per_customer,
    {{ money('purchase_counts.net_sales / nullif(customer_counts.mature_customers, 0)') }} as net_sales_per_customer
from customer_counts
left join purchase_counts
    on
        customer_counts.referral = purchase_counts.referral
        and customer_counts.window_days = purchase_counts.window_days
