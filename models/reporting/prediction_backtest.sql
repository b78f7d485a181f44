-- How well the chosen model, and three rules of thumb, foretold the orders after the backtest's cut.
-- Top decile: the tenth of the customers who were foretold the most; capture: their share of the money that came.
{% set same_again = "1.0 * horizon_days * frequency / nullif(age_days, 0)" %}
{% set methods = [
    ("model", "orders", "net_sales"),
    ("nobody comes back", "0", "0"),
    ("same as before", same_again, same_again),
    ("past spend", same_again, "cast(net_sales_before as double)"),
] %}

with predictions as (

    select *
    from {{ ref('int_foresight__predictions') }}
    where period = 'backtest'

),

foretold as (

    {% for method, orders, net_sales in methods %}
        select
            '{{ method }}' as forecast,
            {{ loop.index }} as forecast_number,
            person_id,
            horizon_days,
            cut_day,
            later_purchases,
            later_net_sales,
            -- Decimals, since a sum of floats depends on the rows' order.
            cast(coalesce({{ orders }}, 0) as decimal(18, 6)) as predicted_orders,
            cast(coalesce({{ net_sales }}, 0) as decimal(18, 4)) as predicted_net_sales,
            {{ "orders_low" if method == "model" else "cast(null as double)" }} as orders_low,
            {{ "orders_high" if method == "model" else "cast(null as double)" }} as orders_high
        from predictions
        {{ "union all" if not loop.last }}
    {% endfor %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by forecast
            order by predicted_net_sales desc, predicted_orders desc, person_id asc
        ) as place,
        count(*) over (partition by forecast) as customers
    from foretold

)

select
    forecast,
    max(cut_day) as predicted_from,
    max(horizon_days) as horizon_days,
    count(*) as customers,
    sum(later_purchases) as actual_orders,
    cast(sum(predicted_orders) as double) as predicted_orders,
    cast(sum(abs(predicted_orders - later_purchases)) as double) / count(*) as mean_absolute_error,
    sqrt(cast(sum((predicted_orders - later_purchases) * (predicted_orders - later_purchases)) as double) / count(*))
        as root_mean_squared_error,
    cast(sum(predicted_orders) as double) / nullif(sum(later_purchases), 0) - 1 as bias,
    {{ money('sum(later_net_sales)') }} as actual_net_sales,
    {{ money('sum(predicted_net_sales)') }} as predicted_net_sales,
    cast(sum(case when place <= ceil(customers / 10.0) then later_net_sales else 0 end) as double)
    / nullif(cast(sum(later_net_sales) as double), 0) as top_decile_capture,
    1.0 * sum(case when later_purchases between orders_low and orders_high then 1 else 0 end)
    / nullif(count(orders_low), 0) as interval_coverage
from ranked
group by
    forecast,
    forecast_number
