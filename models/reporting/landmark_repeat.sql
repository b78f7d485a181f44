-- Time fakes comparisons: who comes back soon has had less time to write a review. So everybody is met at day 30
-- without a second order yet, and told apart by what had happened before that day; what follows is compared.
{% set landmark_day = 30 %}

with customers as (

    select
        person_id,
        first_day,
        cohort_month,
        days_to_second,
        days_observed
    from {{ ref('int_retention__customers') }}
    where
        days_observed > {{ landmark_day }}
        and (days_to_second is null or days_to_second > {{ landmark_day }})

),

reviews as (

    select
        created_date,
        person_id
    from {{ ref('fct_reviews') }}
    where person_id is not null
    union all
    select
        reviews.created_date,
        orders.person_id
    from {{ ref('fct_reviews') }} as reviews
    inner join {{ ref('fct_orders') }} as orders
        on reviews.order_key = orders.order_key
    where reviews.person_id is null

),

reviews_known_since as (

    -- Who bought before reviews were collected isn't without one.
    select min(created_date) as first_review_day
    from {{ ref('fct_reviews') }}

),

reviewers as (

    select distinct customers.person_id
    from customers
    inner join reviews
        on customers.person_id = reviews.person_id
    where
        reviews.created_date >= customers.first_day
        and {{ days_between('customers.first_day', 'reviews.created_date') }} < {{ landmark_day }}

),

deliveries as (

    -- Of the first order, what had come before the landmark: late if one of its parcels was.
    select
        customers.person_id,
        bool_or(fulfillments.is_late) as is_late
    from customers
    inner join {{ ref('fct_orders') }} as orders
        on
            customers.person_id = orders.person_id
            and orders.order_sequence = 1
    inner join {{ ref('fct_fulfillments') }} as fulfillments
        on orders.order_key = fulfillments.order_key
    where
        fulfillments.is_late is not null
        and {{ days_between('customers.first_day', 'fulfillments.delivered_date') }} < {{ landmark_day }}
    group by customers.person_id

),

traits as (

    select
        'review' as comparison,
        case when reviewers.person_id is not null then 'with_review' else 'without_review' end as trait,
        customers.cohort_month as month,
        customers.days_to_second,
        customers.days_observed
    from customers
    inner join reviews_known_since
        on customers.first_day >= reviews_known_since.first_review_day
    left join reviewers
        on customers.person_id = reviewers.person_id
    union all
    select
        'delivery' as comparison,
        case when deliveries.is_late then 'late' else 'on_time' end as trait,
        customers.cohort_month as month,
        customers.days_to_second,
        customers.days_observed
    from customers
    inner join deliveries
        on customers.person_id = deliveries.person_id

),

counted as (

    select
        traits.month,
        traits.comparison,
        traits.trait,
        windows.window_days,
        count(*) as customers,
        sum(case when traits.days_observed >= windows.window_days then 1 else 0 end) as mature_customers,
        sum(
            case
                when
                    traits.days_observed >= windows.window_days
                    and traits.days_to_second <= windows.window_days
                    then 1
                else 0
            end
        ) as repeaters
    from traits
    cross join {{ window_rows(setting('repeat_windows')) }} as windows
    where windows.window_days > {{ landmark_day }}
    group by
        traits.month,
        traits.comparison,
        traits.trait,
        windows.window_days

),

totals as (

    {{ sums_by_period(
        'counted',
        ['comparison', 'trait', 'window_days'],
        ['customers', 'mature_customers', 'repeaters']
    ) }}

)

select
    period,
    month as cohort_month,
    comparison,
    trait,
    cast({{ landmark_day }} as integer) as landmark_day,
    cast(window_days as integer) as window_days,
    cast(customers as bigint) as customers,
    cast(mature_customers as bigint) as mature_customers,
    cast(repeaters as bigint) as repeaters,
    cast(repeaters as double) / nullif(mature_customers, 0) as repeat_rate,
    {{ wilson_bound('repeaters', 'mature_customers', 'low') }} as repeat_rate_low,
    {{ wilson_bound('repeaters', 'mature_customers', 'high') }} as repeat_rate_high
from totals
