-- An order is brought by one code: somebody else's before the buyer's own, the referral code before a discount code.
with used as (

    select
        order_key,
        lower(referral_code) as referral_code,
        true as is_referral_code
    from {{ ref('int_orders__current') }}
    where referral_code is not null
    union all
    select
        orders.order_key,
        lower(trim(codes.part)) as referral_code,
        false as is_referral_code
    from {{ ref('int_orders__current') }} as orders
    cross join {{ split_rows('orders.discount_codes') }} as codes
    where orders.discount_codes is not null

),

recognised as (

    -- A discount code counts only if it is listed, a referral code always.
    select
        used.order_key,
        used.referral_code,
        used.is_referral_code,
        coalesce(codes.person_id = record_persons.person_id, false) as is_own
    from used
    inner join {{ ref('int_identity__record_persons') }} as record_persons
        on used.order_key = record_persons.record_key
    left join {{ ref('int_referral__codes') }} as codes
        on used.referral_code = codes.referral_code
    where used.is_referral_code or codes.referral_code is not null

),

ranked as (

    select
        order_key,
        referral_code,
        is_own,
        row_number() over (
            partition by order_key
            order by is_own asc, is_referral_code desc, referral_code asc
        ) as use_rank
    from recognised

)

select
    order_key,
    referral_code,
    is_own
from ranked
where use_rank = 1
