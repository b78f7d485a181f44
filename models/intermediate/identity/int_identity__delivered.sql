{{ config(materialized="view") }}

select
    order_key as record_key,
    'order' as record_kind,
    source,
    ordered_at as seen_at,
    customer_id,
    email,
    phone,
    channel,
    load_id,
    file_index,
    row_number
from {{ ref('int_orders__current') }}
union all
select
    profile_key as record_key,
    'profile' as record_kind,
    source,
    seen_at,
    customer_id,
    email,
    phone,
    cast(null as varchar) as channel,
    load_id,
    file_index,
    row_number
from {{ ref('int_identity__profiles') }}
