-- From which net sales of the first year on a buyer is one of the top fifth, and where the backtest's parts meet: it
-- learns from the first two thirds of those watched for a year, and is judged by the last.
{% set year_days = 365 %}

with watched as (

    -- Equal net sales are counted before they are ranked: there are far fewer of them than buyers.
    select
        first_day,
        year_net_sales,
        count(*) as customers
    from {{ ref('int_foresight__first_weeks') }}
    where {{ days_between('first_day', last_full_day()) }} >= {{ year_days }}
    group by
        first_day,
        year_net_sales

),

arrivals as (

    select
        first_day,
        3 * sum(sum(customers)) over (order by first_day asc) <= 2 * sum(sum(customers)) over () as is_early
    from watched
    group by first_day

),

worths as (

    select
        arrivals.is_early,
        watched.year_net_sales,
        sum(watched.customers) as customers
    from watched
    inner join arrivals
        on watched.first_day = arrivals.first_day
    group by
        arrivals.is_early,
        watched.year_net_sales

),

ranked as (

    select
        is_early,
        year_net_sales,
        sum(customers) over (order by year_net_sales desc)
        - sum(customers) over (partition by year_net_sales) as number_above,
        sum(customers) over () as customers,
        sum(customers) over (partition by is_early order by year_net_sales desc) - customers as number_above_in_part,
        sum(customers) over (partition by is_early) as customers_in_part
    from worths

)

-- In the top fifth: fewer than a fifth are strictly above.
select
    (select max(case when arrivals.is_early then arrivals.first_day end) from arrivals) as early_until,
    min(case when 5 * number_above < customers then year_net_sales end) as bound,
    min(case when is_early and 5 * number_above_in_part < customers_in_part then year_net_sales end) as bound_earlier,
    min(case when not is_early and 5 * number_above_in_part < customers_in_part then year_net_sales end) as bound_later
from ranked
