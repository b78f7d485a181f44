-- The codes as they stand at the as-of moment, by the customer they belong to.
{% set dimensions = customer_dimensions() %}
{% set measures = [
    "customers",
    "codes",
    "owners",
    "codes_used",
    "referred_orders",
    "new_customers",
    "referral_net_sales",
    "self_referred_orders",
] %}

with code_rows as (

    select
        referrals.person_id,
        referrals.is_listed,
        referrals.referred_orders,
        referrals.new_customers,
        referrals.referral_net_sales,
        referrals.self_referred_orders,
        row_number() over (
            partition by referrals.person_id
            order by referrals.referral_code
        ) as code_position,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_referrals') }} as referrals
    left join {{ ref('int_voice__customers') }} as customers
        on referrals.person_id = customers.person_id

),

counted as (

    select
        {{ dimensions | join(",\n        ") }},
        0 as customers,
        sum(case when is_listed then 1 else 0 end) as codes,
        sum(case when person_id is not null and code_position = 1 then 1 else 0 end) as owners,
        sum(case when is_listed and referred_orders > 0 then 1 else 0 end) as codes_used,
        sum(referred_orders) as referred_orders,
        sum(new_customers) as new_customers,
        sum(referral_net_sales) as referral_net_sales,
        sum(self_referred_orders) as self_referred_orders
    from code_rows
    group by
        {{ dimensions | join(",\n        ") }}
    union all
    select
        {{ dimensions | join(",\n        ") }},
        count(*) as customers,
        {% for measure in measures[1:] %}
            0 as {{ measure }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_voice__customers') }}
    where
        is_identified
        and valid_orders > 0
        and exists (select 1 from code_rows)
    group by
        {{ dimensions | join(",\n        ") }}

),

totals as (

    {{ sums_by_dimension('counted', [], measures, dimensions) }}

)

select
    dimension,
    dimension_value,
    cast(customers as bigint) as customers,
    cast(codes as bigint) as codes,
    cast(owners as bigint) as owners,
    cast(codes as double) / nullif(customers, 0) as codes_per_customer,
    cast(codes_used as bigint) as codes_used,
    cast(codes_used as double) / nullif(codes, 0) as codes_used_share,
    cast(referred_orders as bigint) as referred_orders,
    cast(new_customers as bigint) as new_customers,
    {{ money('referral_net_sales') }} as referral_net_sales,
    cast(self_referred_orders as bigint) as self_referred_orders
from totals
