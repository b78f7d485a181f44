-- Every day from 0 to the last one observed, at most two years of them.
select
    cast(day as integer) as day,
    dimension,
    dimension_value,
    at_risk,
    events,
    probability,
    low,
    high
from {{ ref('int_retention__curves') }}
where
    transition = 'second_order'
    and day <= 730
