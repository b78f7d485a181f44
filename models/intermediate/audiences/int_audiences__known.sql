{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_audiences__changed'}
) }}
-- What is known of a person, at whatever moment one looks: how to write to them, what they bought, and what they did or
-- said. Of ratings and scores the latest speaks, not the best or worst. Unidentified orders are nobody's.
{% set changed = ref('int_audiences__changed') %}
{% set is_told_of = "in (select changed.person_id from " ~ changed ~ " as changed)" if is_update() else "is not null" %}

with profiles as (

    select
        record_persons.person_id,
        profiles.timezone,
        profiles.birthday,
        profiles.max_emails_per_month,
        profiles.seen_at,
        coalesce(cast(profiles.seen_at as varchar), '') || ' ' || profiles.profile_key as age
    from {{ ref('int_identity__profiles') }} as profiles
    inner join {{ ref('int_identity__record_persons') }} as record_persons
        on
            profiles.profile_key = record_persons.record_key
            and record_persons.record_kind = 'profile'
    where record_persons.person_id {{ is_told_of }}

),

told as (

    -- Of several profiles the latest that says something; of several caps the lowest.
    select
        person_id,
        max_by(timezone, case when timezone is not null then age end) as timezone,
        max_by(birthday, case when birthday is not null then age end) as birthday,
        min(max_emails_per_month) as max_emails_per_month,
        min(seen_at) as first_seen_at
    from profiles
    group by person_id

),

zones as (

    -- A zone that nobody knows is none.
    select time_zones.zone
    from {{ time_zones() }}

),

touches as (

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
        and recipients.person_id {{ is_told_of }}
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
        and recipients.person_id {{ is_told_of }}
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
    where reporting_person_id {{ is_told_of }}

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
        reporting_person_id {{ is_told_of }}
        and score is not null

),

tickets as (

    select
        reporting_person_id as person_id,
        max(created_at) as last_ticket_at,
        max(resolved_at) as last_resolved_at,
        max(case when resolved_at is null then created_at end) as last_open_ticket_at
    from {{ ref('fct_tickets') }}
    where reporting_person_id {{ is_told_of }}
    group by reporting_person_id

),

returned as (

    select
        person_id,
        max(requested_at) as last_return_at
    from {{ ref('fct_returns') }}
    where person_id {{ is_told_of }}
    group by person_id

),

members as (

    select
        person_id,
        max_by(tier, cast(occurred_at as varchar) || loyalty_event_key) as loyalty_tier
    from {{ ref('fct_loyalty') }}
    where person_id {{ is_told_of }}
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

),

signs as (

    select
        {% for column, type in columns.items() %}
            {{ "bool_or" if type == "boolean" else "max" }}({{ column }}) as {{ column }},
        {% endfor %}
        person_id
    from said
    group by person_id

)

select
    customers.person_id,
    mail.email,
    first_names.first_name,
    coalesce(zones.zone, '{{ setting("timezone") }}') as timezone,
    told.birthday,
    coalesce(told.max_emails_per_month, {{ audiences_setting("max_emails_per_month") }}) as max_emails_per_month,
    customers.is_reachable,
    customers.is_marketable,
    coalesce(mail.is_suppressed, false) as is_suppressed,
    customers.valid_orders,
    customers.is_referred,
    customers.first_order_at,
    {{ local_date('customers.first_order_at') }} as first_order_date,
    customers.last_order_at,
    {{ local_date('customers.last_order_at') }} as last_order_date,
    coalesce(signs.is_member, false) as is_member,
    signs.loyalty_tier,
    signs.last_click_at,
    signs.last_complaint_at,
    signs.last_resolved_at,
    signs.last_open_ticket_at,
    signs.last_return_at,
    signs.last_review_at,
    signs.rating,
    coalesce(signs.has_review_media, false) as has_review_media,
    signs.nps_at,
    signs.nps_score,
    signs.csat_at,
    signs.csat_score,
    told.first_seen_at,
    -- greatest() passes over what never happened.
    greatest(
        signs.last_touch_at,
        signs.last_review_at,
        signs.last_survey_at,
        signs.last_ticket_at,
        signs.last_return_at,
        customers.last_order_at
    ) as last_engaged_at,
    greatest(
        signs.last_return_at,
        case when signs.rating <= 2 then signs.last_review_at end,
        case when signs.csat_score <= 2 then signs.csat_at end
    ) as last_dissatisfied_at
from {{ only_changed(ref('int_lifetime__persons'), changed, 'person_id') }} as customers
left join {{ ref('int_identity__mail') }} as mail
    on customers.person_id = mail.person_id
left join told
    on customers.person_id = told.person_id
left join zones
    on told.timezone = zones.zone
left join {{ ref('int_audiences__names') }} as first_names
    on customers.person_id = first_names.person_id
left join signs
    on customers.person_id = signs.person_id
where customers.is_identified
