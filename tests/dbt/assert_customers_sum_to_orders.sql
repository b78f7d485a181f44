-- Persons, orders, the reconciliation's last line and the headline say the same number of orders and net sales.
with said as (

    select
        'dim_customers' as place,
        sum(valid_orders) as orders,
        sum(net_sales) as net_sales
    from {{ ref('dim_customers') }}
    union all
    select
        'fct_orders' as place,
        count(*) as orders,
        coalesce(sum(net_sales), 0) as net_sales
    from {{ ref('fct_orders') }}
    where is_valid
    union all
    select
        'reconciliation' as place,
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(amount), 0) as net_sales
    from {{ ref('reconciliation') }}
    where step_number = 11

)

select
    min(orders) as fewest_orders,
    max(orders) as most_orders,
    min(net_sales) as lowest_net_sales,
    max(net_sales) as highest_net_sales
from said
having
    min(orders) <> max(orders)
    or min(net_sales) <> max(net_sales)
