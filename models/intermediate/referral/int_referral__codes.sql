-- Codes are typed by hand: their case says nothing. Of two records of one code the older one's owner holds.
with versions as (

    {{ latest_version(ref('int_arrivals__referrals'), ['referral_code']) }}

),

listed as (

    select
        source,
        referrer_customer_id as customer_id,
        referrer_email as email,
        created_at,
        lower(referral_code) as referral_code
    from versions
    where created_at is null or created_at <= {{ as_of() }}

),

ranked as (

    select
        listed.referral_code,
        listed.created_at,
        {{ person_of('listed') }} as person_id,
        row_number() over (
            partition by listed.referral_code
            order by listed.created_at nulls last, listed.source, listed.customer_id nulls last, listed.email
        ) as owner_rank
    from listed
    {{ person_join('listed') }}

)

select
    referral_code,
    person_id,
    created_at
from ranked
where owner_rank = 1
