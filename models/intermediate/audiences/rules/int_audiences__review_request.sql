{{ config(materialized='ephemeral') }}
-- A week after delivery, with no review yet and nothing left open.
select
    person_id,
    order_key,
    {{ day_start('delivered_date + ' ~ audiences_setting("review_request_from_days")) }} as opens_at,
    {{ day_start('delivered_date + ' ~ audiences_setting("review_request_to_days") ~ ' + 1') }} as closes_at,
    'delivered on ' || cast(delivered_date as varchar) || ', no review yet' as reason,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__orders') }}
where
    delivered_at is not null
    and not is_reviewed
    and not has_open_return
    and not has_open_ticket
    and {{ is_near(
        'delivered_date + ' ~ audiences_setting("review_request_from_days"),
        'delivered_date + ' ~ audiences_setting("review_request_to_days")
    ) }}
