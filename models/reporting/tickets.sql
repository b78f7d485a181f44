-- Tickets by the month they were opened in, by topic and for all topics, and all months together as period 'all'.
{% set dimensions = customer_dimensions() %}

with tickets as (

    select
        {{ month_of('tickets.created_date') }} as month,
        tickets.topic,
        -- Whole hours keep the median's counts few.
        cast(floor(tickets.seconds_to_resolve / 3600) as bigint) as hours_to_resolve,
        tickets.resolved_at is not null as is_resolved,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_tickets') }} as tickets
    left join {{ ref('int_voice__customers') }} as customers
        on tickets.reporting_person_id = customers.person_id

),

counted as (

    select
        month,
        topic,
        hours_to_resolve,
        {{ dimensions | join(",\n        ") }},
        count(*) as tickets,
        sum(case when is_resolved then 1 else 0 end) as resolved_tickets
    from tickets
    group by
        month,
        topic,
        hours_to_resolve,
        {{ dimensions | join(",\n        ") }}

),

by_dimension as (

    {{
        rows_by_dimension(
            'counted', ['month', 'topic', 'hours_to_resolve', 'tickets', 'resolved_tickets'], dimensions
        )
    }}

),

by_topic as (

    select
        month,
        topic,
        hours_to_resolve,
        dimension,
        dimension_value,
        tickets,
        resolved_tickets
    from by_dimension
    union all
    select
        month,
        'all' as topic,
        hours_to_resolve,
        dimension,
        dimension_value,
        tickets,
        resolved_tickets
    from by_dimension

),

by_period as (

    {{
        rows_by_period(
            'by_topic', ['topic', 'dimension', 'dimension_value', 'hours_to_resolve', 'tickets', 'resolved_tickets']
        )
    }}

),

totals as (

    select
        period,
        month,
        topic,
        dimension,
        dimension_value,
        sum(tickets) as tickets,
        sum(resolved_tickets) as resolved_tickets
    from by_period
    group by
        period,
        month,
        topic,
        dimension,
        dimension_value

),

hour_counts as (

    select
        period,
        topic,
        dimension,
        dimension_value,
        hours_to_resolve,
        sum(tickets) as tickets
    from by_period
    where hours_to_resolve is not null
    group by
        period,
        topic,
        dimension,
        dimension_value,
        hours_to_resolve

),

medians as (

    {{
        median_of_counts(
            'hour_counts', ['period', 'topic', 'dimension', 'dimension_value'], 'hours_to_resolve', 'tickets'
        )
    }}

),

first_ticket as (

    select min(month) as month
    from tickets

),

orders as (

    -- Before the first ticket nothing is known of tickets.
    select
        order_counts.month,
        order_counts.orders,
        {% for dimension in dimensions %}
            order_counts.{{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_voice__order_counts') }} as order_counts
    inner join first_ticket
        on order_counts.month >= first_ticket.month

),

orders_by_dimension as (

    {{ sums_by_dimension('orders', ['month'], ['orders'], dimensions) }}

),

order_totals as (

    {{ sums_by_period('orders_by_dimension', ['dimension', 'dimension_value'], ['orders']) }}

)

select
    totals.period,
    totals.month,
    totals.topic,
    totals.dimension,
    totals.dimension_value,
    cast(totals.tickets as bigint) as tickets,
    cast(totals.resolved_tickets as bigint) as resolved_tickets,
    medians.median as median_hours_to_resolve,
    cast(coalesce(order_totals.orders, 0) as bigint) as valid_orders,
    cast(totals.tickets as double) / all_topics.tickets as share_of_tickets,
    100 * cast(totals.tickets as double) / order_totals.orders as tickets_per_100_orders
from totals
inner join totals as all_topics
    on
        totals.period = all_topics.period
        and totals.dimension = all_topics.dimension
        and totals.dimension_value = all_topics.dimension_value
        and all_topics.topic = 'all'
left join medians
    on
        totals.period = medians.period
        and totals.topic = medians.topic
        and totals.dimension = medians.dimension
        and totals.dimension_value = medians.dimension_value
left join order_totals
    on
        totals.period = order_totals.period
        and totals.dimension = order_totals.dimension
        and totals.dimension_value = order_totals.dimension_value
