-- What a big promotion leaves behind: sales of days 30 to 60 after it against the same span before it, and whether
-- those it brought came back more or less than those who had first bought in the four weeks earlier. Cohort basis.
{% set comparison_days = 28 %}

with promotions as (

    select * from {{ ref('int_lifetime__days') }}
    where is_big_promotion

),

history as (

    select
        min(day) as first_day,
        max(day) as last_day
    from {{ ref('int_lifetime__days') }}

),

span_days as (

    select
        promotions.day,
        numbers.number + 30 as days_away
    from promotions
    cross join {{ whole_numbers(30) }} as numbers

),

spans as (

    select
        span_days.day,
        sum(earlier.net_sales) as net_sales_before,
        sum(later.net_sales) as net_sales_after,
        coalesce(bool_or(earlier.is_big_promotion), false) or coalesce(bool_or(later.is_big_promotion), false)
            as has_other_promotion
    from span_days
    left join {{ ref('int_lifetime__days') }} as earlier
        on span_days.day - span_days.days_away = earlier.day
    left join {{ ref('int_lifetime__days') }} as later
        on span_days.day + span_days.days_away = later.day
    group by span_days.day

),

first_days as (

    select
        customers.first_day,
        count(*) as customers,
        sum(case when customers.days_observed >= 90 then 1 else 0 end) as mature_customers,
        sum(case when customers.days_observed >= 90 and customers.days_to_second <= 90 then 1 else 0 end) as repeaters
    from {{ ref('int_retention__customers') }} as customers
    group by customers.first_day

),

ordinary_first_days as (

    select
        first_days.first_day,
        first_days.mature_customers,
        first_days.repeaters
    from first_days
    inner join {{ ref('int_lifetime__days') }} as shop_days
        on first_days.first_day = shop_days.day
    where not shop_days.is_big_promotion

),

comparison_first_days as (

    select
        promotions.day,
        promotions.day - 1 - numbers.number as first_day
    from promotions
    cross join {{ whole_numbers(comparison_days - 1) }} as numbers

),

comparisons as (

    select
        comparison_first_days.day,
        sum(ordinary_first_days.mature_customers) as mature_customers,
        sum(ordinary_first_days.repeaters) as repeaters
    from comparison_first_days
    inner join ordinary_first_days
        on comparison_first_days.first_day = ordinary_first_days.first_day
    group by comparison_first_days.day

),

figures as (

    -- A span that lies outside the history, in part or not over yet, can't be compared.
    select
        promotions.day,
        promotions.orders,
        promotions.discounted_orders,
        promotions.median_orders_before,
        promotions.net_sales,
        spans.has_other_promotion,
        case when promotions.day - 60 >= history.first_day then spans.net_sales_before end as net_sales_before,
        case when promotions.day + 60 <= history.last_day then spans.net_sales_after end as net_sales_after,
        coalesce(first_days.customers, 0) as promotion_buyers,
        coalesce(first_days.mature_customers, 0) as mature_buyers,
        coalesce(first_days.repeaters, 0) as repeaters,
        coalesce(comparisons.mature_customers, 0) as comparison_mature_customers,
        coalesce(comparisons.repeaters, 0) as comparison_repeaters
    from promotions
    cross join history
    inner join spans
        on promotions.day = spans.day
    left join first_days
        on promotions.day = first_days.first_day
    left join comparisons
        on promotions.day = comparisons.day

)

select
    day,
    cast(orders as bigint) as orders,
    median_orders_before,
    cast(discounted_orders as double) / orders as discounted_share,
    net_sales,
    {{ money('net_sales_before') }} as net_sales_30_to_60_days_before,
    {{ money('net_sales_after') }} as net_sales_30_to_60_days_after,
    cast(net_sales_after as double) / nullif(cast(net_sales_before as double), 0) - 1 as net_sales_change,
    has_other_promotion,
    cast(promotion_buyers as bigint) as promotion_buyers,
    cast(mature_buyers as bigint) as mature_promotion_buyers,
    cast(repeaters as bigint) as repeaters_90d,
    cast(repeaters as double) / nullif(mature_buyers, 0) as repeat_rate_90d,
    {{ wilson_bound('repeaters', 'mature_buyers', 'low') }} as repeat_rate_90d_low,
    {{ wilson_bound('repeaters', 'mature_buyers', 'high') }} as repeat_rate_90d_high,
    cast(comparison_mature_customers as bigint) as comparison_mature_customers,
    cast(comparison_repeaters as bigint) as comparison_repeaters_90d,
    cast(comparison_repeaters as double) / nullif(comparison_mature_customers, 0) as comparison_repeat_rate_90d
from figures
