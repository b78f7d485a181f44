-- Two orders or more within the window that ends on the month's last day. A renewal is no second order.
with bounds as (

    select
        min(order_date) as first_day,
        {{ last_full_day() }} as last_day
    from {{ ref('fct_orders') }}

),

period_ends as (

    select cast(months.month + interval 1 month as date) - 1 as period_end
    from bounds
    cross join {{ calendar_months(month_of('bounds.first_day'), month_of('bounds.last_day')) }} as months
    where cast(months.month + interval 1 month as date) - 1 <= bounds.last_day

),

customer_days as (

    select
        orders.person_id,
        orders.order_date,
        min(orders.order_sequence) as first_sequence,
        max(case when orders.order_type <> 'subscription_renewal' then orders.order_sequence end) as last_decision
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_retention__customers') }} as customers
        on orders.person_id = customers.person_id
    where orders.is_valid
    group by
        orders.person_id,
        orders.order_date

),

customer_orders as (

    select
        period_ends.period_end,
        windows.window_days,
        customer_days.person_id,
        coalesce(max(customer_days.last_decision) > min(customer_days.first_sequence), false) as came_back
    from period_ends
    cross join {{ window_rows(setting('repeat_windows')) }} as windows
    inner join customer_days
        on
            period_ends.period_end >= customer_days.order_date
            and {{ days_between('customer_days.order_date', 'period_ends.period_end') }} < windows.window_days
    group by
        period_ends.period_end,
        windows.window_days,
        customer_days.person_id

)

select
    period_end,
    cast(window_days as integer) as window_days,
    cast(count(*) as bigint) as customers,
    cast(sum(case when came_back then 1 else 0 end) as bigint) as customers_with_two_or_more,
    cast(sum(case when came_back then 1 else 0 end) as double) / count(*) as repeat_rate
from customer_orders
group by
    period_end,
    window_days
