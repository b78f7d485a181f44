-- What a person let us know: the latest answer and rating speak, not the best one.
with clicks as (

    -- Whose an address is is looked up once, not for each of its touches.
    select
        address_number,
        max(case when event_type = 'clicked' then occurred_at end) as last_click_at
    from {{ ref('int_flows__touches') }}
    where machine_reason is null
    group by address_number

),

touches as (

    select
        recipients.person_id,
        max(clicks.last_click_at) as last_click_at
    from clicks
    inner join {{ ref('int_flows__recipients') }} as recipients
        on clicks.address_number = recipients.address_number
    group by recipients.person_id

),

named_reviews as (

    -- What names no person of its own is its order's person's.
    select
        rating,
        created_at,
        review_key,
        coalesce(person_id, reporting_person_id) as person_id
    from {{ ref('fct_reviews') }}

),

reviews as (

    select
        person_id,
        max_by(rating, {{ sort_key(['created_at', 'review_key']) }}) as rating
    from named_reviews
    group by person_id

),

named_answers as (

    -- Answers to another question, or none, don't hide the last score.
    select
        submitted_at,
        response_key,
        case when survey_type = 'nps' then score end as nps_score,
        coalesce(person_id, reporting_person_id) as person_id
    from {{ ref('fct_surveys') }}

),

surveys as (

    select
        person_id,
        max_by(nps_score, {{ sort_key(['submitted_at', 'response_key']) }}) as nps_score
    from named_answers
    group by person_id

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
    union all
    select
        person_id,
        cast(null as timestamp) as last_click_at,
        cast(null as decimal(18, 4)) as rating,
        nps_score
    from surveys

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
