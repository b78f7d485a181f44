-- A member is one from the first event on, whatever it is: points may be older than the data.
{% set dimensions = customer_dimensions() %}
{% set measures = ["joined", "enrolled", "earning_events", "redeeming_events", "points_earned", "points_redeemed"] %}

with events as (

    select
        loyalty.member_id,
        {{ month_of('loyalty.occurred_date') }} as month,
        loyalty.event_type,
        loyalty.points,
        row_number() over (
            partition by loyalty.member_id
            order by loyalty.occurred_at, loyalty.loyalty_event_key
        ) as event_position,
        row_number() over (
            partition by loyalty.member_id, loyalty.event_type
            order by loyalty.occurred_at, loyalty.loyalty_event_key
        ) as position_in_type,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_loyalty') }} as loyalty
    left join {{ ref('int_voice__customers') }} as customers
        on loyalty.person_id = customers.person_id

),

counted as (

    select
        month,
        {{ dimensions | join(",\n        ") }},
        sum(case when event_position = 1 then 1 else 0 end) as joined,
        sum(case when event_type = 'enrolled' and position_in_type = 1 then 1 else 0 end) as enrolled,
        sum(case when event_type = 'earned' then 1 else 0 end) as earning_events,
        sum(case when event_type = 'redeemed' then 1 else 0 end) as redeeming_events,
        sum(case when event_type = 'earned' then coalesce(points, 0) else 0 end) as points_earned,
        sum(case when event_type = 'redeemed' then coalesce(points, 0) else 0 end) as points_redeemed
    from events
    group by
        month,
        {{ dimensions | join(",\n        ") }}

),

totals as (

    {{ sums_by_dimension('counted', ['month'], measures, dimensions) }}

)

select
    month,
    dimension,
    dimension_value,
    cast(enrolled as bigint) as enrolled,
    cast(
        sum(joined) over (
            partition by dimension, dimension_value
            order by month
            rows between unbounded preceding and current row
        ) as bigint
    ) as members,
    cast(earning_events as bigint) as earning_events,
    cast(redeeming_events as bigint) as redeeming_events,
    {{ money('points_earned') }} as points_earned,
    {{ money('points_redeemed') }} as points_redeemed,
    cast(points_redeemed as double) / nullif(points_earned, 0) as redeemed_share
from totals
