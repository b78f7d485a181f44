-- A view: what happened after each order, and NULL where the shop delivered nothing yet that could tell. Tickets,
-- tracking views and reviews are known by months, as in the reports: from the first one's month on.
{{ config(materialized='view') }}

with known_since as (

    select
        (select {{ month_of('min(created_date)') }} from {{ ref('fct_tickets') }}) as tickets_month,
        (select {{ month_of('min(created_date)') }} from {{ ref('fct_reviews') }}) as reviews_month,
        (
            select {{ month_of('min(occurred_date)') }} from {{ ref('fct_page_views') }}
            where page_type = 'tracking'
        ) as tracking_month,
        (select count(*) > 0 from {{ ref('fct_referrals') }}) as has_referrals

),

reviewed_orders as (

    select distinct order_key
    from {{ ref('fct_reviews') }}
    where order_key is not null

)

select
    orders.order_key,
    orders.person_id,
    orders.order_date,
    orders.is_valid,
    deliveries.first_delivered_date,
    deliveries.is_late,
    coalesce(orders.is_identified and orders.order_sequence = 1, false) as is_first_order,
    case
        when deliveries.first_delivered_date >= known_since.reviews_month
            then reviewed_orders.order_key is not null
    end as is_reviewed,
    case when known_since.has_referrals then orders.is_referred end as is_referred,
    coalesce(orders.order_date >= known_since.tickets_month, false) as are_tickets_known,
    coalesce(orders.order_date >= known_since.tracking_month, false) as are_tracking_views_known
from {{ ref('fct_orders') }} as orders
left join {{ ref('int_voice__deliveries') }} as deliveries
    on orders.order_key = deliveries.order_key
left join reviewed_orders
    on orders.order_key = reviewed_orders.order_key
cross join known_since
