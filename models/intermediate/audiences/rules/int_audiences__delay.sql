{{ config(materialized='ephemeral') }}
-- The promised day has passed and no parcel of the order has arrived.
select
    person_id,
    order_key,
    promised_date as due_date,
    {{ day_start('promised_date + 1') }} as opens_at,
    {{ day_start('promised_date + ' ~ audiences_setting("delay_to_days") ~ ' + 1') }} as closes_at,
    'promised for ' || cast(promised_date as varchar) || ' and not delivered' as reason,
    cast(null as varchar) as next_product_id
from {{ ref('int_audiences__orders') }}
where
    delivered_at is null
    and promised_date is not null
    and not is_returned
    and {{ is_near(
        'promised_date + 1',
        'promised_date + ' ~ audiences_setting("delay_to_days")
    ) }}
