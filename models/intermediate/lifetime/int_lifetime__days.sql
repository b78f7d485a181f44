{{ config(pre_hook="{{ keep_before() }}") }}
-- A big promotion is a day with at least twice the median orders of the 28 days before, at least 40 % of them
-- discounted. Days without an order are days too; the first 28 of the history, and a shop that mostly sells nothing,
-- have no median to double.
{% set days_before = 28 %}

with order_days as (

    select
        order_date as day,
        count(*) as orders,
        sum(case when is_discounted then 1 else 0 end) as discounted_orders,
        sum(net_sales) as net_sales
    from {{ ref('fct_orders') }}
    where is_valid
    group by order_date

),

bounds as (

    select
        min(day) as first_day,
        {{ days_between('min(day)', last_full_day()) }} as last_number
    from order_days

),

shop_days as (

    select
        numbers.number as day_number,
        bounds.first_day + numbers.number as day,
        coalesce(order_days.orders, 0) as orders,
        coalesce(order_days.discounted_orders, 0) as discounted_orders,
        coalesce(order_days.net_sales, 0) as net_sales
    from bounds
    cross join {{ whole_numbers('bounds.last_number') }} as numbers
    left join order_days
        on bounds.first_day + numbers.number = order_days.day

),

earlier_days as (

    select
        shop_days.orders,
        shop_days.day + 1 + numbers.number as day
    from shop_days
    cross join {{ whole_numbers(days_before - 1) }} as numbers

),

earlier_counts as (

    select
        day,
        orders,
        count(*) as times
    from earlier_days
    group by
        day,
        orders

),

medians as (

    {{ median_of_counts('earlier_counts', ['day'], 'orders', 'times') }}

),

judged as (

    select
        shop_days.day,
        shop_days.orders,
        shop_days.discounted_orders,
        shop_days.net_sales,
        case when shop_days.day_number >= {{ days_before }} then medians.median end as median_orders_before
    from shop_days
    left join medians
        on shop_days.day = medians.day

)

select
    day,
    orders,
    discounted_orders,
    {{ money('net_sales') }} as net_sales,
    median_orders_before,
    coalesce(
        median_orders_before > 0
        and orders >= 2 * median_orders_before
        and 10 * discounted_orders >= 4 * orders,
        false
    ) as is_big_promotion
from judged
