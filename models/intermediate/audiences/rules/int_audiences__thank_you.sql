{{ config(materialized='ephemeral') }}
-- A day or two after arrival, or after the purchase in shops that don't know when parcels arrive.
{% set after_purchase = audiences_setting("thank_you_after") == "purchase" %}
{% set moment = "ordered_at" if after_purchase else "delivered_at" %}
{% set day = "order_date" if after_purchase else "delivered_date" %}

select
    person_id,
    {{ moment }} + interval '{{ audiences_setting("thank_you_from_hours") }}' hour as opens_at,
    {{ moment }} + interval '{{ audiences_setting("thank_you_to_hours") }}' hour as closes_at,
    '{{ "ordered" if after_purchase else "delivered" }} on ' || cast({{ day }} as varchar) as reason,
    order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__orders') }}
where
    {{ moment }} is not null
    and order_type <> 'subscription_renewal'
    and not is_returned
    and not has_open_ticket
    and {{ is_near(
        day,
        day ~ ' + ' ~ (audiences_setting("thank_you_to_hours") | int // 24 + 1)
    ) }}
