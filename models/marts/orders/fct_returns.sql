{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='return_key',
    on_schema_change='fail',
    meta={'changed': 'int_voice__changed'}
) }}
{% set arrivals = keyed_arrivals(
    ref('int_arrivals__returns'), 'return_id', 'return_key', ref('int_voice__changed')
) %}

with versions as (

    {{ latest_version(arrivals, ['return_id']) }}

)

select
    versions.source || ':' || versions.return_id as return_key,
    versions.source,
    versions.return_id,
    {{ order_of('versions') }} as order_key,
    case when lines.order_key is not null then lines.order_key || ':' || lines.line_id end as line_key,
    record_persons.person_id,
    versions.requested_at,
    {{ local_date('versions.requested_at') }} as requested_date,
    versions.quantity,
    lines.product_id,
    lines.product_title,
    lines.product_type,
    coalesce(versions.reason, 'not stated') as reason,
    versions.reason_text,
    versions.outcome,
    case when versions.closed_at <= {{ as_of() }} then versions.closed_at end as closed_at,
    record_persons.record_key is null as is_waiting
from versions
{{ order_join('versions') }}
left join {{ ref('int_orders__lines') }} as lines
    on
        {{ order_of('versions') }} = lines.order_key
        and versions.line_id = lines.line_id
left join {{ ref('int_identity__record_persons') }} as record_persons
    on {{ order_of('versions') }} = record_persons.record_key
where versions.requested_at <= {{ as_of() }}
