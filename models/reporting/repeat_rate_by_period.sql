-- Two orders or more within the window that ends on the month's last day. A renewal is no second order.
--
-- Between two orders of a person nothing changes but the month's end, so each order stands for the month ends up to
-- the next one: by then it is the last order, and the latest decision's predecessor says how far back a pair lies.
{% set longest_window = setting("repeat_windows") | max | int %}

with customers as (

    select
        person_id,
        first_day,
        valid_orders,
        cohort_month
    from {{ ref('int_retention__customers') }}

),

orders as (

    -- Of those with more than one: a single order needs no other to be found.
    select
        orders.person_id,
        orders.order_date,
        orders.order_sequence,
        lead(orders.order_date) over (
            partition by orders.person_id
            order by orders.order_sequence
        ) as next_date,
        case
            when orders.order_type <> 'subscription_renewal'
                then lag(orders.order_date) over (
                    partition by orders.person_id
                    order by orders.order_sequence
                )
        end as date_before_decision,
        max(case when orders.order_type = 'subscription_renewal' then 1 else 0 end) over (
            partition by orders.person_id
            order by orders.order_sequence
            rows between unbounded preceding and unbounded following
        ) as has_renewals
    from {{ ref('fct_orders') }} as orders
    inner join customers
        on orders.person_id = customers.person_id
    where
        orders.is_valid
        and customers.valid_orders > 1

),

states as (

    select
        first_day as order_date,
        cast(null as date) as next_date,
        cast(null as date) as date_before_decision,
        count(*) as customers
    from customers
    where valid_orders = 1
    group by first_day
    union all
    select
        order_date,
        next_date,
        date_before_decision,
        1 as customers
    from orders
    where has_renewals = 0
    union all
    -- Dates before decisions only grow, so the greatest so far is the latest decision's.
    select
        order_date,
        next_date,
        max(date_before_decision) over (
            partition by person_id
            order by order_sequence
        ) as date_before_decision,
        1 as customers
    from orders
    where has_renewals = 1

),

ages as (

    -- How long ago something may be to lie in a window, and the shortest window in which it then lies.
    select
        lengths.number as days_ago,
        min(windows.window_days) as shortest_window
    from {{ whole_numbers(longest_window) }} as lengths
    inner join {{ window_rows(setting('repeat_windows')) }} as windows
        on lengths.number < windows.window_days
    group by lengths.number

),

order_dates as (

    select distinct order_date
    from states

),

ends_of_dates as (

    select
        order_dates.order_date,
        {{ month_end('order_dates.order_date', 'months_later.number') }} as period_end
    from order_dates
    cross join {{ whole_numbers(longest_window // 28 + 1) }} as months_later

),

ends_in_reach as (

    select
        ends_of_dates.order_date,
        ends_of_dates.period_end,
        ages.shortest_window
    from ends_of_dates
    inner join ages
        on {{ days_between('ends_of_dates.order_date', 'ends_of_dates.period_end') }} = ages.days_ago
    where ends_of_dates.period_end <= {{ last_full_day() }}

),

by_shortest_window as (

    select
        ends_in_reach.period_end,
        ends_in_reach.shortest_window,
        ages.shortest_window as shortest_window_of_two,
        sum(states.customers) as customers
    from states
    inner join ends_in_reach
        on
            states.order_date = ends_in_reach.order_date
            and (states.next_date is null or states.next_date > ends_in_reach.period_end)
    left join ages
        on {{ days_between('states.date_before_decision', 'ends_in_reach.period_end') }} = ages.days_ago
    group by
        ends_in_reach.period_end,
        ends_in_reach.shortest_window,
        ages.shortest_window

),

counted as (

    select
        by_shortest_window.period_end,
        windows.window_days,
        sum(by_shortest_window.customers) as customers,
        sum(
            case
                when by_shortest_window.shortest_window_of_two <= windows.window_days
                    then by_shortest_window.customers
                else 0
            end
        ) as customers_with_two_or_more
    from by_shortest_window
    inner join {{ window_rows(setting('repeat_windows')) }} as windows
        on by_shortest_window.shortest_window <= windows.window_days
    group by
        by_shortest_window.period_end,
        windows.window_days

),

month_ends as (

    -- Months in which nobody bought are rows too.
    select cast(months.month + interval 1 month as date) - 1 as period_end
    from (select min(cohort_month) as first_month from customers) as bounds
    cross join {{ calendar_months('bounds.first_month', month_of(last_full_day())) }} as months

)

select
    month_ends.period_end,
    cast(windows.window_days as integer) as window_days,
    cast(coalesce(counted.customers, 0) as bigint) as customers,
    cast(coalesce(counted.customers_with_two_or_more, 0) as bigint) as customers_with_two_or_more,
    cast(counted.customers_with_two_or_more as double) / counted.customers as repeat_rate
from month_ends
cross join {{ window_rows(setting('repeat_windows')) }} as windows
left join counted
    on
        month_ends.period_end = counted.period_end
        and windows.window_days = counted.window_days
where month_ends.period_end <= {{ last_full_day() }}
