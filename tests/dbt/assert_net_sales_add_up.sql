-- Gross less discounts less returns is net, to the last ten-thousandth.
select
    order_key,
    gross_sales,
    discounts,
    returns,
    net_sales
from {{ ref('fct_orders') }}
where
    is_valid
    and net_sales is distinct from gross_sales - discounts - returns
