-- A code used by the person it belongs to doesn't count.
with used as (

    select
        order_key,
        lower(referral_code) as code,
        true as is_referral_code
    from {{ ref('int_orders__current') }}
    where referral_code is not null
    union all
    select
        orders.order_key,
        lower(trim(codes.part)) as code,
        false as is_referral_code
    from {{ ref('int_orders__current') }} as orders
    cross join lateral (select {{ split_rows('orders.discount_codes') }} as part) as codes
    where orders.discount_codes is not null

)

select distinct used.order_key
from used
inner join {{ ref('int_identity__record_persons') }} as record_persons
    on used.order_key = record_persons.record_key
left join {{ ref('int_referral__codes') }} as codes
    on used.code = codes.referral_code
where
    (used.is_referral_code or codes.referral_code is not null)
    and (codes.person_id is null or codes.person_id <> record_persons.person_id)
