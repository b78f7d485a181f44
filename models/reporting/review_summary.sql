-- Reviews by the month they were written in; delivered orders by the month of delivery; and all months together as
-- period 'all', since medians don't add up.
{% set dimensions = customer_dimensions() %}
{% set measures = [
    "reviews",
    "rating_sum",
    "media_known",
    "with_media",
    "reviews_naming_order",
    "late_reviews",
    "late_rating_sum",
    "on_time_reviews",
    "on_time_rating_sum",
    "delivered_orders",
    "delivered_orders_reviewed",
] %}

with reviews as (

    select
        {{ month_of('reviews.created_date') }} as month,
        reviews.rating,
        reviews.has_media,
        reviews.order_key,
        deliveries.is_late,
        case
            when reviews.created_date >= deliveries.first_delivered_date
                then {{ days_between('deliveries.first_delivered_date', 'reviews.created_date') }}
        end as days_to_review,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_reviews') }} as reviews
    left join {{ ref('int_voice__deliveries') }} as deliveries
        on reviews.order_key = deliveries.order_key
    left join {{ ref('int_voice__customers') }} as customers
        on reviews.reporting_person_id = customers.person_id

),

first_review as (

    select min(month) as month
    from reviews

),

delivered_orders as (

    -- Before the first review nothing is known of reviews: such orders are no silent ones.
    select
        order_counts.delivered_month as month,
        order_counts.orders,
        order_counts.is_reviewed,
        {% for dimension in dimensions %}
            order_counts.{{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_voice__order_counts') }} as order_counts
    inner join first_review
        on order_counts.delivered_month >= first_review.month

),

counted as (

    select
        count(*) as reviews,
        sum(rating) as rating_sum,
        sum(case when has_media is not null then 1 else 0 end) as media_known,
        sum(case when has_media then 1 else 0 end) as with_media,
        sum(case when order_key is not null then 1 else 0 end) as reviews_naming_order,
        sum(case when is_late then 1 else 0 end) as late_reviews,
        sum(case when is_late then rating else 0 end) as late_rating_sum,
        sum(case when not is_late then 1 else 0 end) as on_time_reviews,
        sum(case when not is_late then rating else 0 end) as on_time_rating_sum,
        0 as delivered_orders,
        0 as delivered_orders_reviewed,
        month,
        {{ dimensions | join(",\n        ") }}
    from reviews
    group by
        month,
        {{ dimensions | join(",\n        ") }}
    union all
    select
        {% for measure in measures[:-2] %}
            0 as {{ measure }},
        {% endfor %}
        sum(orders) as delivered_orders,
        sum(case when is_reviewed then orders else 0 end) as delivered_orders_reviewed,
        month,
        {{ dimensions | join(",\n        ") }}
    from delivered_orders
    group by
        month,
        {{ dimensions | join(",\n        ") }}

),

by_dimension as (

    {{ sums_by_dimension('counted', ['month'], measures, dimensions) }}

),

totals as (

    {{ sums_by_period('by_dimension', ['dimension', 'dimension_value'], measures) }}

),

waits as (

    -- A median over counts of whole days: as many rows as there are different waits, not as there are reviews.
    select
        month,
        days_to_review,
        {{ dimensions | join(",\n        ") }},
        count(*) as reviews
    from reviews
    where days_to_review is not null
    group by
        month,
        days_to_review,
        {{ dimensions | join(",\n        ") }}

),

waits_by_dimension as (

    {{ sums_by_dimension('waits', ['month', 'days_to_review'], ['reviews'], dimensions) }}

),

wait_counts as (

    {{ sums_by_period('waits_by_dimension', ['dimension', 'dimension_value', 'days_to_review'], ['reviews']) }}

),

medians as (

    {{ median_of_counts('wait_counts', ['period', 'dimension', 'dimension_value'], 'days_to_review', 'reviews') }}

)

select
    totals.period,
    totals.month,
    totals.dimension,
    totals.dimension_value,
    cast(totals.reviews as bigint) as reviews,
    cast(totals.media_known as bigint) as reviews_media_known,
    cast(totals.with_media as bigint) as reviews_with_media,
    cast(totals.reviews_naming_order as bigint) as reviews_naming_order,
    cast(coalesce(medians.items, 0) as bigint) as reviews_after_delivery,
    medians.median as median_days_to_review,
    cast(totals.late_reviews as bigint) as reviews_of_late,
    cast(totals.on_time_reviews as bigint) as reviews_of_on_time,
    cast(totals.delivered_orders as bigint) as delivered_orders,
    cast(totals.delivered_orders_reviewed as bigint) as delivered_orders_reviewed,
    cast(totals.rating_sum as double) / nullif(totals.reviews, 0) as mean_rating,
    cast(totals.with_media as double) / nullif(totals.media_known, 0) as media_share,
    cast(totals.late_rating_sum as double) / nullif(totals.late_reviews, 0) as mean_rating_late,
    cast(totals.on_time_rating_sum as double) / nullif(totals.on_time_reviews, 0) as mean_rating_on_time,
    cast(totals.delivered_orders_reviewed as double) / nullif(totals.delivered_orders, 0) as reviewed_share
from totals
left join medians
    on
        totals.period = medians.period
        and totals.dimension = medians.dimension
        and totals.dimension_value = medians.dimension_value
