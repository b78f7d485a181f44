{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='review_key',
    on_schema_change='fail',
    meta={'changed': 'int_voice__changed'}
) }}
{% set arrivals = keyed_arrivals(
    ref('int_arrivals__reviews'), 'review_id', 'review_key', ref('int_voice__changed')
) %}

with versions as (

    {{ latest_version(arrivals, ['review_id']) }}

)

select
    versions.source || ':' || versions.review_id as review_key,
    versions.source,
    versions.review_id,
    {{ order_of('versions') }} as order_key,
    {{ person_of('versions') }} as person_id,
    coalesce(order_persons.person_id, {{ person_of('versions') }}) as reporting_person_id,
    versions.product_id,
    versions.created_at,
    {{ local_date('versions.created_at') }} as created_date,
    versions.rating,
    versions.title,
    versions.body,
    versions.has_media,
    versions.verified as is_verified,
    versions.order_id is not null and order_persons.record_key is null as is_waiting
from versions
{{ person_join('versions') }}
{{ order_join('versions') }}
left join {{ ref('int_identity__record_persons') }} as order_persons
    on {{ order_of('versions') }} = order_persons.record_key
where versions.created_at <= {{ as_of() }}
