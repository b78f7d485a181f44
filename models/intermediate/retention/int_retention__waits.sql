-- How long customers waited for the next decision to buy, or have waited so far: from the first order to the second,
-- and from the second to the third. What happened after the last full day hasn't been seen yet.
{% set dimensions = retention_dimensions() %}

with customers as (

    select * from {{ ref('int_retention__customers') }}

),

third_days as (

    select
        orders.person_id,
        min(orders.order_date) as third_day
    from {{ ref('fct_orders') }} as orders
    inner join customers
        on orders.person_id = customers.person_id
    where
        orders.is_valid
        and orders.order_type <> 'subscription_renewal'
        and orders.order_date > customers.second_day
    group by orders.person_id

),

transitions as (

    select
        'second_order' as transition,
        days_to_second as days_to_next,
        {% for dimension in dimensions %}
            {{ dimension }},
        {% endfor %}
        days_observed
    from customers
    union all
    select
        'third_order' as transition,
        {{ days_between('customers.second_day', 'third_days.third_day') }} as days_to_next,
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        {{ days_between('customers.second_day', last_full_day()) }} as days_observed
    from customers
    left join third_days
        on customers.person_id = third_days.person_id
    where customers.second_day is not null

),

waits as (

    select
        transition,
        {% for dimension in dimensions %}
            {{ dimension }},
        {% endfor %}
        least(coalesce(days_to_next, days_observed), days_observed) as days_waited,
        case when days_to_next <= days_observed then 1 else 0 end as came_back
    from transitions
    where days_observed >= 0

),

by_dimension as (

    {{ rows_by_dimension('waits', ['transition', 'days_waited', 'came_back'], dimensions) }}

)

select
    transition,
    dimension,
    dimension_value,
    days_waited,
    count(*) as customers,
    sum(came_back) as came_back
from by_dimension
group by
    transition,
    dimension,
    dimension_value,
    days_waited
