-- A curve starts at 0, never falls, stays within its interval, and nobody comes back who wasn't waiting.
with days as (

    select
        *,
        lag(probability) over (partition by transition, dimension, dimension_value order by day) as probability_before,
        lag(at_risk - events) over (partition by transition, dimension, dimension_value order by day)
            as most_at_risk
    from {{ ref('int_retention__curves') }}

)

select
    transition,
    dimension,
    dimension_value,
    day,
    at_risk,
    events,
    probability
from days
where
    events > at_risk
    or at_risk < 1
    or at_risk > most_at_risk
    or probability < coalesce(probability_before, 0)
    or probability > 1
    or (day = 0 and probability <> 0)
    or not (low <= probability and probability <= high)
