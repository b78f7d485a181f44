-- Whatever customers are sorted by, each is counted once and brings all their net sales: none lost, none twice.
with reported as (

    select
        'rfm' as report,
        dimension,
        sum(customers) as customers,
        sum(valid_orders) as valid_orders,
        sum(net_sales) as net_sales
    from {{ ref('rfm') }}
    group by dimension
    union all
    select
        'clv_summary' as report,
        dimension,
        sum(customers) as customers,
        sum(valid_orders) as valid_orders,
        null as net_sales
    from {{ ref('clv_summary') }}
    group by dimension
    union all
    select
        customer_grouping as report,
        dimension,
        sum(customers) as customers,
        null as valid_orders,
        sum(net_sales) as net_sales
    from {{ ref('customer_groups') }}
    group by
        customer_grouping,
        dimension

),

known as (

    select
        count(*) as customers,
        coalesce(sum(valid_orders), 0) as valid_orders,
        coalesce(sum(net_sales), 0) as net_sales
    from {{ ref('dim_customers') }}
    where
        is_identified
        and not is_wholesale
        and valid_orders > 0

)

select
    reported.report,
    reported.dimension,
    reported.customers,
    known.customers as known_customers
from reported
cross join known
where
    reported.customers <> known.customers
    or reported.valid_orders <> known.valid_orders
    or reported.net_sales <> known.net_sales
