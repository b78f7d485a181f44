-- Two orders or more within the window that ends on the month's last day. A renewal is no second order.
--
-- Between two orders of a person nothing changes but the month's end, so each order stands for the month ends up to
-- the next one: by then it is the last order, and the latest decision's predecessor says how far back a pair lies.
{% set longest_window = setting("repeat_windows") | max | int %}

with orders as (

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
        end as date_before_decision
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_retention__customers') }} as customers
        on orders.person_id = customers.person_id
    where orders.is_valid

),

states as (

    -- Dates before decisions only grow, so the greatest so far is the latest decision's.
    select
        order_date,
        next_date,
        max(date_before_decision) over (
            partition by person_id
            order by order_sequence
        ) as date_before_decision
    from orders

),

at_month_ends as (

    select
        states.order_date,
        states.next_date,
        states.date_before_decision,
        {{ month_end('states.order_date', 'months_later.number') }} as period_end
    from states
    cross join {{ whole_numbers(longest_window // 28 + 1) }} as months_later

),

counted as (

    select
        at_month_ends.period_end,
        windows.window_days,
        count(*) as customers,
        sum(
            case
                when
                    {{ days_between('at_month_ends.date_before_decision', 'at_month_ends.period_end') }}
                    < windows.window_days
                    then 1
                else 0
            end
        ) as customers_with_two_or_more
    from at_month_ends
    cross join {{ window_rows(setting('repeat_windows')) }} as windows
    where
        at_month_ends.period_end <= {{ last_full_day() }}
        and (at_month_ends.next_date is null or at_month_ends.period_end < at_month_ends.next_date)
        and {{ days_between('at_month_ends.order_date', 'at_month_ends.period_end') }} < windows.window_days
    group by
        at_month_ends.period_end,
        windows.window_days

),

month_ends as (

    -- Months in which nobody bought are rows too.
    select cast(months.month + interval 1 month as date) - 1 as period_end
    from (select min(cohort_month) as first_month from {{ ref('int_retention__customers') }}) as bounds
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
