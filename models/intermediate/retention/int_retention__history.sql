-- Cohorts of the first three months may hold customers who had bought before the history starts.
with starts as (

    select
        coalesce(
            {% if setting("history_starts_on") %}
                cast('{{ setting("history_starts_on") }}' as date),
            {% endif %}
            min(order_date)
        ) as history_starts_on
    from {{ ref('fct_orders') }}

)

select
    history_starts_on,
    cast({{ month_of('history_starts_on') }} + interval 3 month as date) as first_settled_cohort
from starts
