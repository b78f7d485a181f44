{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='fulfillment_key',
    on_schema_change='fail',
    meta={'changed': 'int_voice__changed'}
) }}
{% set arrivals = keyed_arrivals(
    ref('int_arrivals__fulfillments'), 'fulfillment_id', 'fulfillment_key', ref('int_voice__changed')
) %}

with versions as (

    {{ latest_version(arrivals, ['fulfillment_id']) }}

),

happened as (

    -- An estimate is about the future by its nature; what was sent or came after the as-of moment wasn't yet.
    select
        source,
        fulfillment_id,
        order_id,
        shipped_at,
        estimated_delivery_at,
        status,
        case when delivered_at <= {{ as_of() }} then delivered_at end as delivered_at
    from versions
    where shipped_at is null or shipped_at <= {{ as_of() }}

),

days as (

    select
        *,
        source || ':' || fulfillment_id as fulfillment_key,
        {{ local_date('shipped_at') }} as shipped_date,
        {{ local_date('estimated_delivery_at') }} as estimated_delivery_date,
        {{ local_date('delivered_at') }} as delivered_date
    from happened

)

select
    days.fulfillment_key,
    days.source,
    days.fulfillment_id,
    {{ order_of('days') }} as order_key,
    record_persons.person_id,
    days.shipped_at,
    days.estimated_delivery_at,
    days.delivered_at,
    days.shipped_date,
    days.estimated_delivery_date,
    days.delivered_date,
    days.status,
    -- Undelivered, or never promised: neither late nor on time.
    days.delivered_date > days.estimated_delivery_date as is_late,
    record_persons.record_key is null as is_waiting
from days
{{ order_join('days') }}
left join {{ ref('int_identity__record_persons') }} as record_persons
    on {{ order_of('days') }} = record_persons.record_key
