-- What a person let us know: the latest answer and rating speak, not the best one.
with touches as (

    select
        person_id,
        max(case when event_type = 'clicked' then occurred_at end) as last_click_at
    from {{ ref('fct_touches') }}
    where
        is_human
        and event_type in ('opened', 'clicked')
        and person_id is not null
    group by person_id

),

reviews as (

    -- What names no person of its own is its order's person's.
    select
        rating,
        coalesce(person_id, reporting_person_id) as person_id,
        row_number() over (
            partition by coalesce(person_id, reporting_person_id)
            order by created_at desc, review_key desc
        ) as recency_rank
    from {{ ref('fct_reviews') }}

),

surveys as (

    select
        coalesce(person_id, reporting_person_id) as person_id,
        case when survey_type = 'nps' then score end as nps_score,
        row_number() over (
            partition by coalesce(person_id, reporting_person_id)
            -- Answers to another question, or none, don't hide the last score.
            order by
                case when survey_type = 'nps' and score is not null then 0 else 1 end,
                submitted_at desc,
                response_key desc
        ) as recency_rank
    from {{ ref('fct_surveys') }}

),

said as (

    select
        person_id,
        last_click_at,
        cast(null as decimal(18, 4)) as rating,
        cast(null as decimal(18, 4)) as nps_score
    from touches
    union all
    select
        person_id,
        cast(null as timestamp) as last_click_at,
        rating,
        cast(null as decimal(18, 4)) as nps_score
    from reviews
    where recency_rank = 1
    union all
    select
        person_id,
        cast(null as timestamp) as last_click_at,
        cast(null as decimal(18, 4)) as rating,
        nps_score
    from surveys
    where recency_rank = 1

)

-- Whoever is here has opened, clicked, reviewed or answered at least once.
select
    person_id,
    max(last_click_at) as last_click_at,
    max(rating) as rating,
    max(nps_score) as nps_score
from said
where person_id is not null
group by person_id
