-- How unevenly net sales are spread over customers: from the tenth that brought the most to the one that brought least.
-- A tenth holds persons without naming any; ties are split by the person.
with ranked as (

    select
        sums.net_sales,
        sums.valid_orders,
        ntile(10) over (order by sums.net_sales desc, sums.valid_orders desc, sums.person_id asc) as tenth
    from {{ ref('int_lifetime__customers') }} as sums
    inner join {{ ref('int_retention__customers') }} as customers
        on sums.person_id = customers.person_id

),

tenths as (

    select
        tenth,
        count(*) as customers,
        sum(valid_orders) as valid_orders,
        sum(net_sales) as net_sales
    from ranked
    group by tenth

),

totals as (

    select sum(net_sales) as net_sales from tenths

)

select
    cast(tenths.tenth as integer) as tenth,
    cast(tenths.customers as bigint) as customers,
    cast(tenths.valid_orders as bigint) as valid_orders,
    {{ money('tenths.net_sales') }} as net_sales,
    {{ money('tenths.net_sales / tenths.customers') }} as net_sales_per_customer,
    -- Refunds can make the whole nothing; then nobody has a share of it.
    case when totals.net_sales > 0 then cast(tenths.net_sales as double) / cast(totals.net_sales as double) end
        as share_of_net_sales
from tenths
cross join totals
