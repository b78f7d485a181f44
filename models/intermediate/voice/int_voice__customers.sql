-- What reports tell customers apart by: all of it is known at the first valid order and stays.
{{ config(materialized='view') }}

select
    person_id,
    is_identified,
    valid_orders,
    first_order_at,
    is_referred,
    coalesce(acquisition_source, 'unknown') as acquisition_source,
    coalesce(first_channel, 'unknown') as channel,
    coalesce(first_ship_country, 'unknown') as market,
    coalesce(first_product_type, 'unknown') as product_type
from {{ ref('int_lifetime__persons') }}
