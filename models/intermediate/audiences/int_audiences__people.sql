-- Every fact of a person that a rule, the contact policy or a message needs. Unidentified orders are nobody's.
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

codes as (

    select
        person_id,
        max_by(referral_code, cast(created_at as varchar) || ' ' || referral_code) as referral_code
    from {{ ref('fct_referrals') }}
    where person_id is not null
    group by person_id

),

facts as (

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
        customers.tier,
        customers.lifecycle_stage,
        coalesce(traits.is_vip, false) as is_vip,
        coalesce(traits.is_price_sensitive, false) as is_price_sensitive,
        coalesce(traits.is_promotion_buyer, false) as is_promotion_buyer,
        traits.expected_days,
        customers.valid_orders,
        customers.is_referred,
        customers.first_order_at,
        {{ local_date('customers.first_order_at') }} as first_order_date,
        customers.last_order_at,
        {{ local_date('customers.last_order_at') }} as last_order_date,
        codes.referral_code,
        coalesce(signs.is_member, false) as is_member,
        signs.loyalty_tier,
        signs.last_click_at,
        signs.last_complaint_at,
        signs.last_ticket_at,
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
        coalesce(mailings.messages, 0) as messages,
        coalesce(mailings.messages_30d, 0) as messages_30d,
        coalesce(mailings.value_messages_30d, 0) as value_messages_30d,
        coalesce(mailings.promotions_30d, 0) as promotions_30d,
        coalesce(draws.drawn_as, customers.person_id) as drawn_as,
        coalesce(draws.assigned_at, {{ as_of() }}) as assigned_at,
        coalesce(draws.is_merged, false) as is_merged
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('int_lifetime__traits') }} as traits
        on customers.person_id = traits.person_id
    left join {{ ref('int_identity__mail') }} as mail
        on customers.person_id = mail.person_id
    left join told
        on customers.person_id = told.person_id
    left join zones
        on told.timezone = zones.zone
    left join {{ ref('int_audiences__names') }} as first_names
        on customers.person_id = first_names.person_id
    left join codes
        on customers.person_id = codes.person_id
    left join {{ ref('int_audiences__signs') }} as signs
        on customers.person_id = signs.person_id
    left join {{ ref('int_audiences__mailings') }} as mailings
        on {{ hash_number(['customers.person_id']) }} = mailings.recipient_number
    left join {{ ref('int_audiences__draws') }} as draws
        on customers.person_id = draws.person_id
    where customers.is_identified

)

select
    *,
    -- Silent is who was mailed and gave no sign; who never got anything couldn't.
    coalesce(
        is_marketable
        and messages > 0
        and coalesce(last_engaged_at, first_seen_at)
        < {{ as_of() }} - interval '{{ audiences_setting("sunset_days") }}' day,
        false
    ) as is_silent,
    coalesce(
        greatest(
            last_return_at,
            case when rating <= 2 then last_review_at end,
            case when csat_score <= 2 then csat_at end
        ) > {{ as_of() }} - interval '{{ audiences_setting("dissatisfied_to_days") }}' day,
        false
    ) as is_dissatisfied
from facts
