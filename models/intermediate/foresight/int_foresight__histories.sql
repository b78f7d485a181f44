-- What each buyer had done by three days: the last full one, to predict from; one in the past, to see how well that
-- would have gone; and one further back, by which the model was to be chosen on that day. A purchase is a local day
-- with a valid order: orders of one day are one decision.
{% set most_holdout_days = 365 %}

with bounds as (

    select
        min(first_day) as first_day,
        {{ last_full_day() }} as last_day,
        {{ days_between('min(first_day)', last_full_day()) }} as history_days
    from {{ ref('int_lifetime__customers') }}
    where is_counted

),

holdouts as (

    select
        *,
        cast(floor(least({{ most_holdout_days }}, history_days / 2)) as integer) as holdout_days
    from bounds

),

trials as (

    select
        *,
        cast(floor(least({{ most_holdout_days }}, (history_days - holdout_days) / 2)) as integer) as trial_days
    from holdouts

),

periods as (

    select
        'now' as period,
        365 as horizon_days,
        first_day as history_day,
        last_day as cut_day,
        last_day as end_day
    from trials
    union all
    select
        'backtest' as period,
        holdout_days as horizon_days,
        first_day as history_day,
        last_day - holdout_days as cut_day,
        last_day as end_day
    from trials
    union all
    select
        'trial' as period,
        trial_days as horizon_days,
        first_day as history_day,
        last_day - holdout_days - trial_days as cut_day,
        last_day - holdout_days as end_day
    from trials

),

order_days as (

    select
        orders.person_id,
        customers.first_day,
        orders.order_date,
        sum(coalesce(orders.net_sales, 0)) as net_sales
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_lifetime__customers') }} as customers
        on orders.person_id = customers.person_id
    where
        orders.is_valid
        and customers.is_counted
        and orders.order_date <= {{ last_full_day() }}
    group by
        orders.person_id,
        customers.first_day,
        orders.order_date

),

histories as (

    select
        periods.period,
        periods.horizon_days,
        periods.history_day,
        periods.cut_day,
        order_days.person_id,
        order_days.first_day,
        sum(case when order_days.order_date <= periods.cut_day then 1 else 0 end) as purchases,
        max(case when order_days.order_date <= periods.cut_day then order_days.order_date end) as last_day,
        sum(case when order_days.order_date <= periods.cut_day then order_days.net_sales else 0 end) as net_sales,
        sum(case when order_days.order_date = order_days.first_day then order_days.net_sales else 0 end)
            as first_day_net_sales,
        sum(case when order_days.order_date > periods.cut_day then 1 else 0 end) as later_purchases,
        sum(case when order_days.order_date > periods.cut_day then order_days.net_sales else 0 end)
            as later_net_sales
    from order_days
    cross join periods
    where
        order_days.first_day <= periods.cut_day
        and order_days.order_date <= periods.end_day
    group by
        periods.period,
        periods.horizon_days,
        periods.history_day,
        periods.cut_day,
        order_days.person_id,
        order_days.first_day

),

-- Sums of decimals don't depend on the rows' order, sums of floats do.
scaled as (

    select
        *,
        cast(round(ln(1 + greatest(first_day_net_sales, 0)), 3) as decimal(9, 3)) as first_value
    from histories

),

spread as (

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
    from scaled
    group by period

)

select
    scaled.period,
    scaled.horizon_days,
    {{ days_between('scaled.history_day', 'scaled.cut_day') }} as history_days,
    scaled.cut_day,
    scaled.person_id,
    cast(scaled.purchases - 1 as integer) as frequency,
    {{ days_between('scaled.first_day', 'scaled.last_day') }} as recency_days,
    {{ days_between('scaled.first_day', 'scaled.cut_day') }} as age_days,
    -- How much the first day's purchase was worth against the others', in half deviations of its logarithm.
    coalesce(
        greatest(
            -2, least(2, round(2 * (scaled.first_value - spread.middle) / nullif(spread.deviation, 0)) / 2)
        ),
        0
    ) as trait,
    scaled.net_sales,
    cast(scaled.net_sales as double) / scaled.purchases as mean_spend,
    cast(scaled.later_purchases as integer) as later_purchases,
    {{ money('scaled.later_net_sales') }} as later_net_sales
from scaled
inner join spread
    on scaled.period = spread.period
