-- New customers by the month of their first valid order, orders by their own month.
{% set dimensions = customer_dimensions() %}
{% set measures = ["new_customers", "referred_customers", "valid_orders", "referred_orders"] %}

with customers as (

    select
        *,
        {{ month_of(local_date('first_order_at')) }} as first_month
    from {{ ref('int_voice__customers') }}

),

counted as (

    select
        first_month as month,
        {{ dimensions | join(",\n        ") }},
        count(*) as new_customers,
        sum(case when is_referred then 1 else 0 end) as referred_customers,
        0 as valid_orders,
        0 as referred_orders
    from customers
    where is_identified and valid_orders > 0
    group by
        first_month,
        {{ dimensions | join(",\n        ") }}
    union all
    select
        month,
        {{ dimensions | join(",\n        ") }},
        0 as new_customers,
        0 as referred_customers,
        orders as valid_orders,
        referred_orders
    from {{ ref('int_voice__order_counts') }}

),

totals as (

    {{ sums_by_dimension('counted', ['month'], measures, dimensions) }}

),

programme as (

    -- A shop of which no referral code was ever delivered hasn't a rate of nought: it isn't known.
    select count(*) > 0 as is_known
    from {{ ref('fct_referrals') }}

),

known as (

    select
        totals.month,
        totals.dimension,
        totals.dimension_value,
        totals.new_customers,
        totals.valid_orders,
        case when programme.is_known then totals.referred_customers end as referred_customers,
        case when programme.is_known then totals.referred_orders end as referred_orders
    from totals
    cross join programme

)

select
    month,
    dimension,
    dimension_value,
    cast(new_customers as bigint) as new_customers,
    cast(referred_customers as bigint) as referred_customers,
    cast(valid_orders as bigint) as valid_orders,
    cast(referred_orders as bigint) as referred_orders,
    cast(referred_customers as double) / nullif(new_customers, 0) as referral_rate_customers,
    cast(referred_orders as double) / nullif(valid_orders, 0) as referral_rate_orders
from known
