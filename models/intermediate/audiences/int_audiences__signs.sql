{{ config(materialized='ephemeral') }}
-- What a person did or said, one row a person. Of ratings and scores the latest speaks, not the best or worst.
with touches as (

    select
        recipients.person_id,
        max(touches.occurred_at) as last_touch_at,
        max(case when touches.event_type = 'clicked' then touches.occurred_at end) as last_click_at
    from {{ ref('int_flows__touches') }} as touches
    inner join {{ ref('int_flows__recipients') }} as recipients
        on touches.address_number = recipients.address_number
    where
        touches.machine_reason is null
        and touches.occurred_at <= {{ as_of() }}
        and recipients.person_id is not null
    group by recipients.person_id

),

complaints as (

    select
        recipients.person_id,
        max(events.occurred_at) as last_complaint_at
    from {{ ref('int_flows__events') }} as events
    inner join {{ ref('int_flows__recipients') }} as recipients
        on events.address_number = recipients.address_number
    where
        events.event_type = 'complained'
        and events.occurred_at <= {{ as_of() }}
        and recipients.person_id is not null
    group by recipients.person_id

),

ranked_reviews as (

    select
        reporting_person_id as person_id,
        created_at,
        rating,
        has_media,
        row_number() over (
            partition by reporting_person_id
            order by created_at desc, review_key desc
        ) as recency_rank
    from {{ ref('fct_reviews') }}
    where reporting_person_id is not null

),

ranked_surveys as (

    select
        reporting_person_id as person_id,
        submitted_at,
        survey_type,
        score,
        row_number() over (
            partition by reporting_person_id, survey_type
            order by submitted_at desc, response_key desc
        ) as recency_rank
    from {{ ref('fct_surveys') }}
    where
        reporting_person_id is not null
        and score is not null

),

tickets as (

    select
        reporting_person_id as person_id,
        max(created_at) as last_ticket_at,
        max(resolved_at) as last_resolved_at,
        max(case when resolved_at is null then created_at end) as last_open_ticket_at
    from {{ ref('fct_tickets') }}
    where reporting_person_id is not null
    group by reporting_person_id

),

returned as (

    select
        person_id,
        max(requested_at) as last_return_at
    from {{ ref('fct_returns') }}
    where person_id is not null
    group by person_id

),

members as (

    select
        person_id,
        max_by(tier, cast(occurred_at as varchar) || loyalty_event_key) as loyalty_tier
    from {{ ref('fct_loyalty') }}
    where person_id is not null
    group by person_id

),

said as (

    {% set columns = {
        "last_touch_at": "timestamp",
        "last_click_at": "timestamp",
        "last_complaint_at": "timestamp",
        "last_review_at": "timestamp",
        "rating": "decimal(18, 4)",
        "has_review_media": "boolean",
        "last_survey_at": "timestamp",
        "nps_at": "timestamp",
        "nps_score": "decimal(18, 4)",
        "csat_at": "timestamp",
        "csat_score": "decimal(18, 4)",
        "last_ticket_at": "timestamp",
        "last_resolved_at": "timestamp",
        "last_open_ticket_at": "timestamp",
        "last_return_at": "timestamp",
        "is_member": "boolean",
        "loyalty_tier": "varchar",
    } %}
    {% set parts = [
        ("touches", {"last_touch_at": "last_touch_at", "last_click_at": "last_click_at"}),
        ("complaints", {"last_complaint_at": "last_complaint_at"}),
        ("ranked_reviews where recency_rank = 1",
            {"last_review_at": "created_at", "rating": "rating", "has_review_media": "coalesce(has_media, false)"}),
        ("ranked_surveys where recency_rank = 1 and survey_type = 'nps'",
            {"last_survey_at": "submitted_at", "nps_at": "submitted_at", "nps_score": "score"}),
        ("ranked_surveys where recency_rank = 1 and survey_type = 'csat'",
            {"last_survey_at": "submitted_at", "csat_at": "submitted_at", "csat_score": "score"}),
        ("tickets", {
            "last_ticket_at": "last_ticket_at",
            "last_resolved_at": "last_resolved_at",
            "last_open_ticket_at": "last_open_ticket_at",
        }),
        ("returned", {"last_return_at": "last_return_at"}),
        ("members", {"is_member": "true", "loyalty_tier": "loyalty_tier"}),
    ] %}
    {% for part, given in parts %}
        {% if not loop.first %}
            union all
        {% endif %}
        select
            {% for column, type in columns.items() %}
                cast({{ given.get(column, "null") }} as {{ type }}) as {{ column }},
            {% endfor %}
            person_id
        from {{ part }}
    {% endfor %}

)

select
    {% for column, type in columns.items() %}
        {{ "bool_or" if type == "boolean" else "max" }}({{ column }}) as {{ column }},
    {% endfor %}
    person_id
from said
group by person_id
