-- Orders after the as-of moment are here too, for the day when they will have been placed.
{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key=['source', 'order_id']
) }}
-- What changes is told from what was here before: depends_on: {{ ref('int_orders__arrived') }}
with versions as (

    {{ versions_in_force(ref('int_arrivals__orders'), ['order_id']) }}

)

select
    source || ':' || order_id as order_key,
    source,
    order_id,
    ordered_at,
    {{ local_date('ordered_at') }} as order_date,
    customer_id,
    email,
    phone,
    first_name,
    coalesce(currency, '{{ setting("currency") }}') as currency,
    coalesce(channel, 'own_store') as channel,
    acquisition_source,
    discount_codes,
    referral_code,
    cancelled_at,
    coalesce(is_test, false) as is_test,
    financial_status,
    {{ money('coalesce(order_discount, 0)') }} as order_discount,
    {{ money('coalesce(tax, 0)') }} as tax,
    {{ money('coalesce(shipping, 0)') }} as shipping,
    ship_country,
    ship_region,
    exchange_of_order_id,
    coalesce(order_type, 'one_time') as order_type,
    load_id,
    file_index,
    row_number,
    awaits_version
from versions
