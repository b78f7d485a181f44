{{ config(materialized='ephemeral') }}
-- Some days after delivery, if neither a review nor a ticket has told how it is.
select
    person_id,
    order_key,
    {{ day_start('delivered_date + ' ~ audiences_setting("check_in_from_days")) }} as opens_at,
    {{ day_start('delivered_date + ' ~ audiences_setting("check_in_to_days") ~ ' + 1') }} as closes_at,
    'delivered on ' || cast(delivered_date as varchar) || ', no review and no ticket' as reason,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from {{ ref('int_audiences__orders') }}
where
    delivered_at is not null
    and not is_reviewed
    and not has_ticket
    and not is_returned
    and {{ is_near(
        'delivered_date + ' ~ audiences_setting("check_in_from_days"),
        'delivered_date + ' ~ audiences_setting("check_in_to_days")
    ) }}
