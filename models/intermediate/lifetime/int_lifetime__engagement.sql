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

    select
        reviews.rating,
        coalesce(reviews.person_id, orders.person_id) as person_id,
        row_number() over (
            partition by coalesce(reviews.person_id, orders.person_id)
            order by reviews.created_at desc, reviews.review_key desc
        ) as recency_rank
    from {{ ref('fct_reviews') }} as reviews
    left join {{ ref('fct_orders') }} as orders
        on reviews.order_key = orders.order_key

),

surveys as (

    select
        coalesce(surveys.person_id, orders.person_id) as person_id,
        case when surveys.survey_type = 'nps' then surveys.score end as nps_score,
        row_number() over (
            partition by coalesce(surveys.person_id, orders.person_id)
            -- Answers to another question, or none, don't hide the last score.
            order by
                case when surveys.survey_type = 'nps' and surveys.score is not null then 0 else 1 end,
                surveys.submitted_at desc,
                surveys.response_key desc
        ) as recency_rank
    from {{ ref('fct_surveys') }} as surveys
    left join {{ ref('fct_orders') }} as orders
        on surveys.order_key = orders.order_key

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
