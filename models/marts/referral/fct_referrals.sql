-- What a code brought is each person's first order that somebody's code brought; later ones are that person's lifetime.
with uses as (

    select
        uses.referral_code,
        uses.is_own,
        orders.order_sequence,
        orders.ordered_at,
        orders.net_sales,
        orders.is_identified,
        row_number() over (
            partition by orders.person_id, uses.is_own
            order by orders.order_sequence
        ) as person_use
    from {{ ref('int_referral__uses') }} as uses
    inner join {{ ref('fct_orders') }} as orders
        on uses.order_key = orders.order_key
    where orders.is_valid

),

brought as (

    select
        referral_code,
        sum(case when is_own then 1 else 0 end) as self_referred_orders,
        sum(case when is_own then 0 else 1 end) as referred_orders,
        sum(case when not is_own and is_identified and order_sequence = 1 then 1 else 0 end) as new_customers,
        sum(case when is_own then 0 else net_sales end) as referred_net_sales,
        sum(case when not is_own and person_use = 1 then net_sales else 0 end) as referral_net_sales,
        min(case when not is_own then ordered_at end) as first_used_at,
        max(case when not is_own then ordered_at end) as last_used_at
    from uses
    group by referral_code

)

select
    coalesce(codes.referral_code, brought.referral_code) as referral_code,
    codes.person_id,
    codes.created_at,
    codes.referral_code is not null as is_listed,
    cast(coalesce(brought.referred_orders, 0) as bigint) as referred_orders,
    cast(coalesce(brought.new_customers, 0) as bigint) as new_customers,
    {{ money('coalesce(brought.referred_net_sales, 0)') }} as referred_net_sales,
    {{ money('coalesce(brought.referral_net_sales, 0)') }} as referral_net_sales,
    cast(coalesce(brought.self_referred_orders, 0) as bigint) as self_referred_orders,
    brought.first_used_at,
    brought.last_used_at
from {{ ref('int_referral__codes') }} as codes
full outer join brought
    on codes.referral_code = brought.referral_code
