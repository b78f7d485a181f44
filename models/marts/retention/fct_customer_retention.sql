-- A view: all of it is known in int_retention__customers.
{{ config(materialized='view') }}

select
    customers.person_id,
    customers.first_day as first_order_date,
    customers.cohort_month,
    customers.second_day as second_order_date,
    cast(customers.days_to_second as bigint) as days_to_second_order,
    cast(customers.days_observed as bigint) as days_observed,
    customers.cohort_month < history.first_settled_cohort as may_hold_older_customers,
    cast(customers.cohort_month + interval 1 month as date) - 1 <= {{ last_full_day() }} as is_cohort_month_over,
    customers.valid_orders,
    {{ money('customers.net_sales') }} as net_sales,
    {% for horizon in [90, 180, 365] %}
        {{ money("customers.net_sales_first_" ~ horizon ~ "d") }} as net_sales_first_{{ horizon }}d,
    {% endfor %}
    cast(customers.orders_last_year as bigint) as orders_last_365d,
    -- Under two years of data the year before the last isn't whole.
    case
        when {{ days_between('history.history_starts_on', last_full_day()) }} >= 729 then customers.bought_year_before
    end as bought_in_year_before
from {{ ref('int_retention__customers') }} as customers
cross join {{ ref('int_retention__history') }} as history
