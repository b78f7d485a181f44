-- A span's share is the rise of the curve within it: customers who are still waiting are neither left out nor lost.
{% set spans = [(1, 7), (8, 14), (15, 30), (31, 60), (61, 90), (91, 180), (181, 365), (366, 730)] %}

with spans as (

    {% for first_day, last_day in spans %}
        select
            {{ first_day }} as first_day,
            {{ last_day }} as last_day
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    curves.transition,
    curves.dimension,
    curves.dimension_value,
    cast(spans.first_day as integer) as first_day,
    cast(spans.last_day as integer) as last_day,
    cast(
        sum(case when curves.day between spans.first_day and spans.last_day then curves.events else 0 end) as bigint
    ) as came_back,
    -- NULL until somebody has been observed through the whole span. Twelve places, as the curve itself.
    case
        when max(curves.day) >= spans.last_day
            then
                round(
                    max(case when curves.day = spans.last_day then curves.probability end)
                    - max(case when curves.day = spans.first_day - 1 then curves.probability end),
                    12
                )
    end as share_of_customers
from {{ ref('int_retention__curves') }} as curves
cross join spans
group by
    curves.transition,
    curves.dimension,
    curves.dimension_value,
    spans.first_day,
    spans.last_day
