-- What each buyer had done by the cut of each period: how often, when last, and for how long it could be seen.
-- A view: only the days up to the cut change from build to build for whoever hasn't bought.
{{ config(materialized='view') }}

with spread as (

    select
        period,
        cast(sum(first_value) as double) / count(*) as middle,
        sqrt(
            greatest(
                cast(sum(first_value * first_value) as double) / count(*)
                - power(cast(sum(first_value) as double) / count(*), 2),
                0
            )
        ) as deviation
    from {{ ref('int_foresight__purchases') }}
    group by period

),

periods as (

    select
        periods.*,
        spread.middle,
        spread.deviation
    from {{ ref('int_foresight__periods') }} as periods
    inner join spread
        on periods.period = spread.period

)

select
    purchases.period,
    periods.horizon_days,
    {{ days_between('periods.history_day', 'periods.cut_day') }} as history_days,
    periods.cut_day,
    purchases.person_id,
    purchases.purchases - 1 as frequency,
    {{ days_between('purchases.first_day', 'purchases.last_day') }} as recency_days,
    {{ days_between('purchases.first_day', 'periods.cut_day') }} as age_days,
    -- How much the first day's purchase was worth against the others', in half deviations of its logarithm. Where all
    -- were worth the same, nobody is told apart; least() and greatest() pass over NULL.
    greatest(
        -2,
        least(
            2,
            coalesce(round(2 * (purchases.first_value - periods.middle) / nullif(periods.deviation, 0)) / 2, 0)
        )
    ) as trait,
    purchases.net_sales,
    cast(purchases.net_sales as double) / purchases.purchases as mean_spend,
    purchases.later_purchases,
    purchases.later_net_sales
from {{ ref('int_foresight__purchases') }} as purchases
inner join periods
    on purchases.period = periods.period
