-- Kaplan and Meier's estimate (JASA 53, 1958) by day: whoever is still waiting when the observation ends counts as at
-- risk up to there, not as lost. The 95 % interval is Greenwood's on the scale of log(-log S), which keeps it within
-- 0 and 1; it isn't known before the first event, nor when nobody is left.
{% set z = 1.959963984540054 %}

with curves as (

    select
        transition,
        dimension,
        dimension_value,
        sum(customers) as customers,
        max(days_waited) as last_day
    from {{ ref('int_retention__waits') }}
    group by
        transition,
        dimension,
        dimension_value

),

days as (

    -- Every day, those without an event included, so that a reader finds any day by its number.
    select
        curves.transition,
        curves.dimension,
        curves.dimension_value,
        curves.customers,
        numbers.number as day
    from curves
    cross join {{ whole_numbers('curves.last_day') }} as numbers

),

risks as (

    select
        days.transition,
        days.dimension,
        days.dimension_value,
        days.day,
        coalesce(waits.came_back, 0) as events,
        days.customers - coalesce(
            sum(waits.customers) over (
                partition by days.transition, days.dimension, days.dimension_value
                order by days.day
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as at_risk
    from days
    left join {{ ref('int_retention__waits') }} as waits
        on
            days.transition = waits.transition
            and days.dimension = waits.dimension
            and days.dimension_value = waits.dimension_value
            and days.day = waits.days_waited

),

sums as (

    select
        transition,
        dimension,
        dimension_value,
        day,
        events,
        at_risk,
        -- Only on a curve's last day can everyone at risk have come back; S is 0 then, and its logarithm isn't known.
        sum(case when events < at_risk then ln(1 - cast(events as double) / at_risk) end) over (
            partition by transition, dimension, dimension_value
            order by day
            rows between unbounded preceding and current row
        ) as log_survival,
        sum(case when events < at_risk then events / (cast(at_risk as double) * (at_risk - events)) end) over (
            partition by transition, dimension, dimension_value
            order by day
            rows between unbounded preceding and current row
        ) as greenwood
    from risks

),

bounds as (

    select
        *,
        events < at_risk and log_survival < 0 as has_interval,
        case
            when events < at_risk and log_survival < 0
                then exp({{ z }} * sqrt(greenwood) / -log_survival)
        end as spread
    from sums

)

-- Twelve places: what lies beyond is the noise of summing logarithms.
select
    transition,
    dimension,
    dimension_value,
    day,
    cast(at_risk as bigint) as at_risk,
    cast(events as bigint) as events,
    case when events = at_risk then cast(1 as double) else round(1 - exp(log_survival), 12) end as probability,
    case when has_interval then round(1 - exp(log_survival / spread), 12) end as low,
    case when has_interval then round(1 - exp(log_survival * spread), 12) end as high
from bounds
