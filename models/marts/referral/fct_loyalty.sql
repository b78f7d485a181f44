{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='loyalty_event_key',
    on_schema_change='fail',
    meta={'changed': 'int_voice__changed'}
) }}
{% set arrivals = keyed_arrivals(
    ref('int_arrivals__loyalty_events'), 'event_id', 'loyalty_event_key', ref('int_voice__changed')
) %}

with versions as (

    {{ latest_version(arrivals, ['event_id']) }}

)

select
    versions.source || ':' || versions.event_id as loyalty_event_key,
    versions.source,
    versions.event_id,
    {{ person_of('versions') }} as person_id,
    -- A member who never ordered and has no profile is nobody's person yet, but a member.
    coalesce(
        {{ person_of('versions') }},
        {{ hash_text("coalesce('id:' || versions.source || ':' || versions.customer_id, 'email:' || versions.email)") }}
    ) as member_id,
    versions.occurred_at,
    {{ local_date('versions.occurred_at') }} as occurred_date,
    versions.event_type,
    versions.tier,
    -- Tools write what was redeemed with or without a minus.
    case when versions.event_type = 'redeemed' then abs(versions.points) else versions.points end as points
from versions
{{ person_join('versions') }}
where versions.occurred_at <= {{ as_of() }}
