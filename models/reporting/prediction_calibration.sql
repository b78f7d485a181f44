-- Whether who was foretold more bought more: the backtest's customers in ten equal parts by the orders foretold.
with predictions as (

    select
        later_purchases,
        later_net_sales,
        -- Decimals, since a sum of floats depends on the rows' order.
        cast(orders as decimal(18, 6)) as predicted_orders,
        cast(coalesce(net_sales, 0) as decimal(18, 4)) as predicted_net_sales,
        cast(
            1 + floor(
                10 * (row_number() over (order by orders desc, person_id asc) - 1)
                / cast(count(*) over () as double)
            ) as integer
        ) as tenth
    from {{ ref('int_foresight__predictions') }}
    where period = 'backtest'

)

select
    tenth,
    count(*) as customers,
    cast(sum(predicted_orders) as double) as predicted_orders,
    cast(sum(later_purchases) as bigint) as actual_orders,
    {{ money('sum(predicted_net_sales)') }} as predicted_net_sales,
    {{ money('sum(later_net_sales)') }} as actual_net_sales,
    sum(cast(sum(later_net_sales) as double)) over (order by tenth asc)
    / nullif(sum(cast(sum(later_net_sales) as double)) over (), 0) as captured_share
from predictions
group by tenth
