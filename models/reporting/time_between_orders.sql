-- From the curve, which knows who is still waiting: the mean of those who came back would be too short, and the shorter
-- the younger the shop. A median is NULL until half of the customers are known to have come back.
select
    transition,
    dimension,
    dimension_value,
    cast(max(at_risk) as bigint) as customers,
    cast(sum(events) as bigint) as came_back,
    cast(max(day) as integer) as last_day_observed,
    cast(min(case when probability >= 0.25 then day end) as integer) as quarter_days,
    cast(min(case when probability >= 0.5 then day end) as integer) as median_days,
    -- Where the interval's ends cross the half (R. Brookmeyer and J. Crowley, Biometrics 38, 1982).
    cast(min(case when high >= 0.5 then day end) as integer) as median_days_low,
    cast(min(case when low >= 0.5 then day end) as integer) as median_days_high
from {{ ref('int_retention__curves') }}
group by
    transition,
    dimension,
    dimension_value
