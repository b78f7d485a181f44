-- Reachable: an e-mail that is neither placeholder nor relay. Marketable: one that is subscribed besides, with no
-- profile of the person unsubscribed later and none suppressed.
with addresses as (

    select
        persons.person_id,
        addresses.email,
        persons.seen_at
    from {{ ref('int_identity__addresses') }} as addresses
    inner join {{ ref('int_identity__persons') }} as persons
        on 'email:' || addresses.email = persons.evidence
    where not addresses.is_placeholder and not addresses.is_relay

),

consents as (

    select
        email,
        bool_or(suppression_reason is not null) as is_suppressed,
        max_by(email_consent, coalesce(email_consent_at, cast('1900-01-01' as timestamp))) as email_consent
    from {{ ref('int_identity__profiles') }}
    where email is not null
    group by email

)

select
    addresses.person_id,
    true as is_reachable,
    bool_or(consents.email_consent = 'subscribed' and not consents.is_suppressed) as is_marketable
from addresses
left join consents
    on addresses.email = consents.email
group by addresses.person_id
