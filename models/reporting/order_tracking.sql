-- How customers wait for their parcels: orders by the month they were placed in, tickets that ask where the order is
-- and looks at its tracking page by their own month.
{% set dimensions = customer_dimensions() %}
{% set measures = [
    "valid_orders",
    "delivered_orders",
    "judged_orders",
    "late_orders",
    "wismo_tickets",
    "tracking_views",
] %}

with order_counts as (

    select
        month,
        {{ dimensions | join(",\n        ") }},
        sum(orders) as valid_orders,
        sum(case when delivered_month is not null then orders else 0 end) as delivered_orders,
        sum(case when is_late is not null then orders else 0 end) as judged_orders,
        sum(case when is_late then orders else 0 end) as late_orders
    from {{ ref('int_voice__order_counts') }}
    group by
        month,
        {{ dimensions | join(",\n        ") }}

),

questions as (

    select
        {{ month_of('tickets.created_date') }} as month,
        tickets.reporting_person_id as person_id,
        1 as tickets,
        case when tickets.topic = 'where_is_my_order' then 1 else 0 end as wismo_tickets,
        0 as tracking_views
    from {{ ref('fct_tickets') }} as tickets
    union all
    select
        {{ month_of('page_views.occurred_date') }} as month,
        page_views.reporting_person_id as person_id,
        0 as tickets,
        0 as wismo_tickets,
        1 as tracking_views
    from {{ ref('fct_page_views') }} as page_views
    where page_views.page_type = 'tracking'

),

question_counts as (

    select
        questions.month,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }},
        {% endfor %}
        sum(questions.tickets) as tickets,
        sum(questions.wismo_tickets) as wismo_tickets,
        sum(questions.tracking_views) as tracking_views
    from questions
    left join {{ ref('int_voice__customers') }} as customers
        on questions.person_id = customers.person_id
    group by
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown'),
        {% endfor %}
        questions.month

),

counted as (

    select
        month,
        {{ dimensions | join(",\n        ") }},
        valid_orders,
        delivered_orders,
        judged_orders,
        late_orders,
        0 as wismo_tickets,
        0 as tracking_views
    from order_counts
    union all
    select
        month,
        {{ dimensions | join(",\n        ") }},
        0 as valid_orders,
        0 as delivered_orders,
        0 as judged_orders,
        0 as late_orders,
        wismo_tickets,
        tracking_views
    from question_counts

),

totals as (

    {{ sums_by_dimension('counted', ['month'], measures, dimensions) }}

),

known_since as (

    -- A month before the first ticket, or the first tracking view, isn't a month without any.
    select
        min(case when tickets > 0 then month end) as tickets_month,
        min(case when tracking_views > 0 then month end) as tracking_month
    from question_counts

),

known as (

    select
        totals.month,
        totals.dimension,
        totals.dimension_value,
        totals.valid_orders,
        totals.delivered_orders,
        totals.judged_orders,
        totals.late_orders,
        case when totals.month >= known_since.tickets_month then totals.wismo_tickets end as wismo_tickets,
        case when totals.month >= known_since.tracking_month then totals.tracking_views end as tracking_views
    from totals
    cross join known_since

)

select
    month,
    dimension,
    dimension_value,
    cast(valid_orders as bigint) as valid_orders,
    cast(delivered_orders as bigint) as delivered_orders,
    cast(judged_orders as bigint) as judged_orders,
    cast(late_orders as bigint) as late_orders,
    cast(wismo_tickets as bigint) as wismo_tickets,
    cast(tracking_views as bigint) as tracking_views,
    cast(late_orders as double) / nullif(judged_orders, 0) as late_share,
    100 * cast(wismo_tickets as double) / nullif(valid_orders, 0) as wismo_per_100_orders,
    cast(tracking_views as double) / nullif(valid_orders, 0) as tracking_views_per_order
from known
