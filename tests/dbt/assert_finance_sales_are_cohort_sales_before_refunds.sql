-- Both clocks tell the same sales before refunds, each month and by every dimension.
with by_period as (

    select
        month,
        dimension,
        sum(orders) as orders,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts
    from {{ ref('sales_by_period') }}
    group by
        month,
        dimension
    having sum(orders) > 0

),

by_order as (

    select
        {{ month_of('order_date') }} as month,
        count(*) as orders,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts
    from {{ ref('fct_orders') }}
    where is_valid
    group by {{ month_of('order_date') }}

)

select
    by_period.month,
    by_period.dimension,
    by_period.orders,
    by_order.orders as orders_by_order
from by_period
full join by_order
    on by_period.month = by_order.month
where
    by_period.orders is distinct from by_order.orders
    or by_period.gross_sales is distinct from by_order.gross_sales
    or by_period.discounts is distinct from by_order.discounts
