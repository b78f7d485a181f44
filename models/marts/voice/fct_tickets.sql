{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='ticket_key',
    on_schema_change='fail',
    meta={'changed': 'int_voice__changed'}
) }}
{% set arrivals = keyed_arrivals(
    ref('int_arrivals__support_tickets'), 'ticket_id', 'ticket_key', ref('int_voice__changed')
) %}

with versions as (

    {{ latest_version(arrivals, ['ticket_id']) }}

),

opened as (

    select
        source,
        ticket_id,
        customer_id,
        email,
        order_id,
        created_at,
        coalesce(topic, 'not_stated') as topic,
        case when resolved_at <= {{ as_of() }} then resolved_at end as resolved_at
    from versions
    where created_at <= {{ as_of() }}

)

select
    opened.source || ':' || opened.ticket_id as ticket_key,
    opened.source,
    opened.ticket_id,
    {{ order_of('opened') }} as order_key,
    {{ person_of('opened') }} as person_id,
    coalesce(order_persons.person_id, {{ person_of('opened') }}) as reporting_person_id,
    opened.created_at,
    {{ local_date('opened.created_at') }} as created_date,
    opened.topic,
    opened.resolved_at,
    -- Resolved before it was opened is a clock gone wrong, not a fast answer.
    case
        when opened.resolved_at >= opened.created_at
            then {{ seconds_between('opened.created_at', 'opened.resolved_at') }}
    end as seconds_to_resolve,
    opened.order_id is not null and order_persons.record_key is null as is_waiting
from opened
{{ person_join('opened') }}
{{ order_join('opened') }}
left join {{ ref('int_identity__record_persons') }} as order_persons
    on {{ order_of('opened') }} = order_persons.record_key
