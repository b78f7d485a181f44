with versions as (

    {{ latest_version(ref('stg_drop__referrals'), ['referral_code']) }}

),

keyed as (

    select
        versions.*,
        coalesce('id:' || versions.source || ':' || versions.referrer_customer_id, 'email:' || versions.referrer_email)
            as evidence
    from versions
    where versions.created_at is null or versions.created_at <= {{ as_of() }}

)

select
    lower(keyed.referral_code) as referral_code,
    min(persons.person_id) as person_id,
    min(keyed.created_at) as created_at
from keyed
left join {{ ref('int_identity__persons') }} as persons
    on keyed.evidence = persons.evidence
group by
    lower(keyed.referral_code)
