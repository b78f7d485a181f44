-- The same sales by week and by month, for each kind of customer.
with weeks as (

    select
        customer_type,
        sum(orders) as orders,
        sum(net_sales) as net_sales,
        sum(refunds) as refunds,
        sum(tax + shipping) as charges
    from {{ ref('sales_by_week') }}
    group by customer_type

),

months as (

    select
        customer_type,
        sum(orders) as orders,
        sum(net_sales) as net_sales,
        sum(refunds) as refunds,
        sum(tax + shipping) as charges
    from {{ ref('sales_by_period') }}
    where dimension = 'all'
    group by customer_type

)

select
    weeks.net_sales as net_sales_by_week,
    months.net_sales as net_sales_by_month,
    coalesce(weeks.customer_type, months.customer_type) as customer_type
from weeks
full join months
    on weeks.customer_type = months.customer_type
where
    weeks.orders is distinct from months.orders
    or weeks.net_sales is distinct from months.net_sales
    or weeks.refunds is distinct from months.refunds
    or weeks.charges is distinct from months.charges
