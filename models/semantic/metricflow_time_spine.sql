-- The days from the first to the last one that any metric falls on: a shop's own range, not the calendar's.
{% set days = [
    ("fct_orders", "order_date"),
    ("fct_refunds", "refund_date"),
    ("fct_returns", "requested_date"),
    ("fct_flow_performance", "send_date"),
    ("fct_reviews", "created_date"),
    ("fct_surveys", "submitted_date"),
    ("fct_tickets", "created_date"),
    ("fct_brand_mentions", "seen_date"),
    ("fct_loyalty", "occurred_date"),
    ("fct_marketing_spend", "spend_date"),
] %}

with bounds as (

    {% for model, day in days %}
        select
            min({{ day }}) as first_day,
            max({{ day }}) as last_day
        from {{ ref(model) }}
        union all
    {% endfor %}
    -- Whose views they are, which fct_page_views looks up, is of no account here.
    select
        {{ local_date('min(occurred_at)') }} as first_day,
        {{ local_date('max(occurred_at)') }} as last_day
    from {{ ref('int_voice__page_views') }}
    where occurred_at <= {{ as_of() }}

),

history as (

    select
        min(first_day) as first_day,
        max(last_day) as last_day
    from bounds

)

select history.first_day + numbers.number as date_day
from history
cross join {{ whole_numbers(days_between('history.first_day', 'history.last_day')) }} as numbers
