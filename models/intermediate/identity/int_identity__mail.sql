{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_identity__changed_mail'}
) }}
-- Reachable: an e-mail that is neither placeholder nor relay. Marketable: one that is subscribed besides, with no
-- profile of the person unsubscribed later and none suppressed.
with evidence as (

    -- A placeholder is no evidence.
    select
        persons.person_id,
        persons.seen_at,
        substr(persons.evidence, length('email:') + 1) as email
    from {{ only_changed(ref('int_identity__persons'), ref('int_identity__changed_mail'), 'person_id') }} as persons
    where persons.kind_rank = 2

),

addresses as (

    select
        person_id,
        seen_at,
        email,
        split_part(email, '@', 2) as domain_name
    from evidence

),

domains as (

    select distinct domain_name
    from addresses

),

relays as (

    -- An address that a relay forwards from is nobody's to write to, unless the relay takes mail from anybody.
    select domains.domain_name
    from domains
    inner join {{ ref('relay_domains') }} as relay_domains
        on domains.domain_name like relay_domains.domain_pattern
    group by domains.domain_name
    having not bool_and(relay_domains.is_reachable)

),

consents as (

    select
        profiles.email,
        bool_or(profiles.suppression_reason is not null) as is_suppressed,
        -- Of two profiles at one moment, or at none, the one whose key is greater in text.
        max_by(
            profiles.email_consent,
            cast(coalesce(profiles.email_consent_at, cast('1900-01-01' as timestamp)) as varchar)
            || ' '
            || profiles.profile_key
        ) as email_consent
    from {{ only_changed(ref('int_identity__profiles'), 'addresses', 'email') }} as profiles
    where profiles.email is not null
    group by profiles.email

)

select
    addresses.person_id,
    true as is_reachable,
    bool_or(consents.email_consent = 'subscribed' and not consents.is_suppressed) as is_marketable,
    bool_and(coalesce(consents.is_suppressed, false)) as is_suppressed,
    -- The one address a person is written to: one that may be, then the one seen last.
    max_by(
        addresses.email,
        case
            when consents.is_suppressed then '0'
            when consents.email_consent = 'subscribed' then '2'
            else '1'
        end
        || coalesce(cast(addresses.seen_at as varchar), '')
        || ' '
        || addresses.email
    ) as email
from addresses
left join relays
    on addresses.domain_name = relays.domain_name
left join consents
    on addresses.email = consents.email
where relays.domain_name is null
group by addresses.person_id
