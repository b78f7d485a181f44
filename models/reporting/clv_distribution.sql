-- How unevenly net sales are spread over customers: from the tenth that brought the most to the one that brought least.
-- A tenth holds persons without naming any. Who has the same net sales from as many orders is counted together: it
-- doesn't matter which of them falls on which side of a tenth's end.
with alike as (

    select
        cast(customers.net_sales as decimal(18, 4)) as net_sales,
        cast(customers.valid_orders as decimal(18, 0)) as valid_orders,
        count(*) as customers
    from {{ ref('int_retention__customers') }} as customers
    group by
        customers.net_sales,
        customers.valid_orders

),

placed as (

    select
        net_sales,
        valid_orders,
        customers,
        sum(customers) over (
            order by net_sales desc, valid_orders desc
            rows between unbounded preceding and current row
        ) as end_place
    from alike

),

ends as (

    -- Where customers don't come out even, the first tenths have one more.
    select
        numbers.number + 1 as tenth,
        numbers.number * bounds.least_customers + least(numbers.number, bounds.left_over) as start_place,
        (numbers.number + 1) * bounds.least_customers + least(numbers.number + 1, bounds.left_over) as end_place
    from (
        select
            cast(floor(sum(customers) / 10.0) as bigint) as least_customers,
            cast(sum(customers) % 10 as bigint) as left_over
        from alike
    ) as bounds
    cross join {{ whole_numbers(9) }} as numbers

),

parts as (

    select
        ends.tenth,
        placed.net_sales,
        placed.valid_orders,
        cast(
            least(placed.end_place, ends.end_place)
            - greatest(placed.end_place - placed.customers, ends.start_place) as decimal(18, 0)
        ) as customers
    from placed
    inner join ends
        on
            placed.end_place > ends.start_place
            and placed.end_place - placed.customers < ends.end_place

),

tenths as (

    select
        tenth,
        sum(customers) as customers,
        sum(customers * valid_orders) as valid_orders,
        sum(customers * net_sales) as net_sales
    from parts
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
