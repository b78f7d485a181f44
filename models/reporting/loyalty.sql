-- A member is one from the first event on, whatever it is: points may be older than the data.
{% set dimensions = customer_dimensions() %}
{% set measures = ["joined", "enrolled", "earning_events", "redeeming_events", "points_earned", "points_redeemed"] %}

with events as (

    select
        person_id,
        member_id,
        {{ month_of('occurred_date') }} as month,
        event_type,
        coalesce(points, 0) as points
    from {{ ref('fct_loyalty') }}

),

members as (

    -- A member is one person's all the time.
    select
        person_id,
        member_id,
        min(month) as joined_month,
        min(case when event_type = 'enrolled' then month end) as enrolled_month
    from events
    group by
        person_id,
        member_id

),

happened as (

    select
        person_id,
        month,
        0 as joined,
        0 as enrolled,
        case when event_type = 'earned' then 1 else 0 end as earning_events,
        case when event_type = 'redeemed' then 1 else 0 end as redeeming_events,
        case when event_type = 'earned' then points else 0 end as points_earned,
        case when event_type = 'redeemed' then points else 0 end as points_redeemed
    from events
    union all
    select
        person_id,
        joined_month as month,
        1 as joined,
        0 as enrolled,
        0 as earning_events,
        0 as redeeming_events,
        0 as points_earned,
        0 as points_redeemed
    from members
    union all
    select
        person_id,
        enrolled_month as month,
        0 as joined,
        1 as enrolled,
        0 as earning_events,
        0 as redeeming_events,
        0 as points_earned,
        0 as points_redeemed
    from members
    where enrolled_month is not null

),

counted as (

    select
        {% for measure in measures %}
            sum(happened.{{ measure }}) as {{ measure }},
        {% endfor %}
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }},
        {% endfor %}
        happened.month
    from happened
    left join {{ ref('int_voice__customers') }} as customers
        on happened.person_id = customers.person_id
    group by
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown'),
        {% endfor %}
        happened.month

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
