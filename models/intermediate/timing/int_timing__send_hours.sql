-- At which hour of their own day people open and click, over the year before the as-of moment. A touch counts half for
-- its hour and a quarter for each beside it, and the shop's own curve weighs as much as twenty touches: few of one's
-- own say little.
{% set fewest_touches = 5 %}
{% set prior_touches = 20 %}

with human_touches as (

    select
        person_id,
        occurred_at
    from {{ ref('fct_touches') }}
    where
        is_human
        and event_type in ('opened', 'clicked')
        and person_id is not null
        and occurred_at > {{ as_of() }} - interval '365' day

),

zones as (

    -- A zone that nobody knows is none. Only who touched something has hours to be told.
    select
        record_persons.person_id,
        profiles.timezone,
        row_number() over (
            partition by record_persons.person_id
            order by profiles.seen_at desc nulls last, profiles.profile_key asc
        ) as recency_rank
    from {{ ref('int_identity__profiles') }} as profiles
    inner join {{ ref('int_identity__record_persons') }} as record_persons
        on
            profiles.profile_key = record_persons.record_key
            and record_persons.record_kind = 'profile'
    inner join {{ time_zones() }}
        on profiles.timezone = time_zones.zone
    where exists (
        select 1
        from human_touches
        where human_touches.person_id = record_persons.person_id
    )

),

touches as (

    select
        human_touches.person_id,
        {{ local_hour("human_touches.occurred_at", "coalesce(zones.timezone, '" ~ setting("timezone") ~ "')") }}
            as hour_of_day,
        count(*) as touches
    from human_touches
    left join zones
        on
            human_touches.person_id = zones.person_id
            and zones.recency_rank = 1
    group by
        human_touches.person_id,
        hour_of_day

),

spans as (

    select
        number - 1 as hours_beside,
        case when number = 1 then 0.5 else 0.25 end as weight
    from {{ whole_numbers(2) }}

),

near_touches as (

    select
        touches.person_id,
        (touches.hour_of_day + spans.hours_beside + 24) % 24 as hour_of_day,
        sum(touches.touches * spans.weight) as touches
    from touches
    cross join spans
    group by
        touches.person_id,
        (touches.hour_of_day + spans.hours_beside + 24) % 24

),

shop_curve as (

    select
        hour_of_day,
        cast(sum(touches) as double) / sum(sum(touches)) over () as touch_share
    from near_touches
    group by hour_of_day

),

shop_peak as (

    select
        hour_of_day,
        row_number() over (order by touch_share desc, hour_of_day asc) as place
    from shop_curve

),

persons as (

    select
        person_id,
        sum(touches) as touches
    from touches
    group by person_id
    having sum(touches) >= {{ fewest_touches }}

),

-- Away from a person's own touches no hour is better than the shop's best.
candidates as (

    select
        person_id,
        hour_of_day,
        touches
    from near_touches
    union all
    select
        persons.person_id,
        shop_peak.hour_of_day,
        0 as touches
    from persons
    inner join shop_peak
        on shop_peak.place = 1

),

ranked as (

    select
        persons.person_id,
        persons.touches as based_on,
        candidates.hour_of_day,
        row_number() over (
            partition by persons.person_id
            order by
                candidates.touches + {{ prior_touches }} * shop_curve.touch_share desc,
                shop_curve.touch_share desc,
                candidates.hour_of_day asc
        ) as place
    from persons
    inner join candidates
        on persons.person_id = candidates.person_id
    inner join shop_curve
        on candidates.hour_of_day = shop_curve.hour_of_day

)

select
    ranked.person_id,
    cast(ranked.hour_of_day as integer) as send_hour,
    coalesce(zones.timezone, '{{ setting("timezone") }}') as timezone,
    cast(ranked.based_on as bigint) as based_on
from ranked
left join zones
    on
        ranked.person_id = zones.person_id
        and zones.recency_rank = 1
where ranked.place = 1
