with order_totals as (

    select
        count(*) as valid_orders,
        sum(net_sales) as net_sales
    from {{ ref('fct_orders') }}
    where is_valid

),

customer_totals as (

    select
        count(*) as customers,
        sum(case when valid_orders >= 2 then 1 else 0 end) as customers_with_two_or_more,
        sum(case when days_observed >= 90 then 1 else 0 end) as mature_customers,
        sum(case when days_observed >= 90 and days_to_second <= 90 then 1 else 0 end) as repeaters
    from {{ ref('int_retention__customers') }}

),

figures as (

    select
        1 as sort_order,
        'valid_orders' as figure,
        cast(valid_orders as double) as numerator,
        cast(null as double) as denominator,
        'count' as unit
    from order_totals
    union all
    select
        2 as sort_order,
        'net_sales' as figure,
        cast(coalesce(net_sales, 0) as double) as numerator,
        cast(null as double) as denominator,
        'money' as unit
    from order_totals
    union all
    select
        3 as sort_order,
        'customers' as figure,
        cast(customers as double) as numerator,
        cast(null as double) as denominator,
        'count' as unit
    from customer_totals
    union all
    select
        4 as sort_order,
        'repeat_rate_90d' as figure,
        cast(coalesce(repeaters, 0) as double) as numerator,
        cast(coalesce(mature_customers, 0) as double) as denominator,
        'share' as unit
    from customer_totals
    union all
    select
        5 as sort_order,
        'lifetime_repeat_share' as figure,
        cast(coalesce(customers_with_two_or_more, 0) as double) as numerator,
        cast(customers as double) as denominator,
        'share' as unit
    from customer_totals

)

select
    sort_order,
    figure,
    numerator,
    denominator,
    unit,
    case when unit = 'share' then numerator / nullif(denominator, 0) else numerator end as value
from figures
