-- A view: what hadn't happened by the as-of moment is left out when read.
{{ config(materialized='view') }}

select
    order_key,
    source,
    order_id,
    ordered_at,
    order_date,
    customer_id,
    email,
    phone,
    first_name,
    currency,
    channel,
    acquisition_source,
    discount_codes,
    referral_code,
    case when cancelled_at <= {{ as_of() }} then cancelled_at end as cancelled_at,
    is_test,
    financial_status,
    order_discount,
    tax,
    shipping,
    ship_country,
    ship_region,
    exchange_of_order_id,
    order_type,
    load_id,
    file_index,
    row_number
from {{ ref('int_orders__versions') }}
where ordered_at <= {{ as_of() }}
