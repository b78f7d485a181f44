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

-- Who was foretold the most is found by counting equal values; only those whose value is the last one are ranked.
worths as (

    select
        forecast,
        predicted_net_sales,
        count(*) as customers
    from foretold
    group by
        forecast,
        predicted_net_sales

),

counted as (

    select
        forecast,
        predicted_net_sales,
        ceil(sum(customers) over (partition by forecast) / 10.0) as places,
        sum(customers) over (
            partition by forecast
            order by predicted_net_sales desc
            rows between unbounded preceding and current row
        ) - customers as number_above
    from worths

),

bounds as (

    select
        forecast,
        min(predicted_net_sales) as bound,
        max(places) - max(number_above) as places_left
    from counted
    where number_above < places
    group by forecast

),

at_the_bound as (

    select
        foretold.forecast,
        foretold.later_net_sales,
        bounds.places_left,
        row_number() over (
            partition by foretold.forecast
            order by foretold.predicted_orders desc, foretold.person_id asc
        ) as place
    from foretold
    inner join bounds
        on
            foretold.forecast = bounds.forecast
            and foretold.predicted_net_sales = bounds.bound

),

last_of_the_tenth as (

    select
        forecast,
        sum(later_net_sales) as later_net_sales
    from at_the_bound
    where place <= places_left
    group by forecast

)

select
    foretold.forecast,
    max(foretold.cut_day) as predicted_from,
    max(foretold.horizon_days) as horizon_days,
    count(*) as customers,
    sum(foretold.later_purchases) as actual_orders,
    cast(sum(foretold.predicted_orders) as double) as predicted_orders,
    cast(sum(abs(foretold.predicted_orders - foretold.later_purchases)) as double) / count(*) as mean_absolute_error,
    sqrt(
        cast(
            sum(
                (foretold.predicted_orders - foretold.later_purchases)
                * (foretold.predicted_orders - foretold.later_purchases)
            ) as double
        ) / count(*)
    ) as root_mean_squared_error,
    cast(sum(foretold.predicted_orders) as double) / nullif(sum(foretold.later_purchases), 0) - 1 as bias,
    {{ money('sum(foretold.later_net_sales)') }} as actual_net_sales,
    {{ money('sum(foretold.predicted_net_sales)') }} as predicted_net_sales,
    cast(
        sum(case when foretold.predicted_net_sales > bounds.bound then foretold.later_net_sales else 0 end)
        + max(last_of_the_tenth.later_net_sales) as double
    ) / nullif(cast(sum(foretold.later_net_sales) as double), 0) as top_decile_capture,
    1.0 * sum(case when foretold.later_purchases between foretold.orders_low and foretold.orders_high then 1 else 0 end)
    / nullif(count(foretold.orders_low), 0) as interval_coverage
from foretold
inner join bounds
    on foretold.forecast = bounds.forecast
inner join last_of_the_tenth
    on foretold.forecast = last_of_the_tenth.forecast
group by
    foretold.forecast,
    foretold.forecast_number
