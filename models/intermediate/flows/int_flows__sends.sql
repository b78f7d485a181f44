{% set key = ['recipient_number', 'message_number'] %}
{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key=key,
    meta={'changed': 'int_flows__restated'}
) }}
-- What happened belongs to the recipient's latest send of that message at or before it, and without one to its own day.
{% set flags = [
    "opened_human", "opened_machine", "clicked_human", "clicked_machine", "unsubscribed", "complained",
] %}

with outcomes as (

    select
        events.recipient_number,
        events.message_number,
        events.occurred_at,
        events.event_type as outcome,
        -- A tool that reports no sends did send what it says was delivered or bounced.
        events.event_type = 'sent'
        or (not tools.has_sent and events.event_type in ('delivered', 'bounced')) as is_send
    from {{ only_changed(ref('int_flows__received'), ref('int_flows__restated'), key) }} as events
    inner join {{ ref('int_flows__tools') }} as tools
        on
            events.source = tools.source
            and events.channel = tools.channel
    where events.event_type not in ('opened', 'clicked')
    union all
    select
        touches.recipient_number,
        touches.message_number,
        touches.occurred_at,
        touches.event_type || case when touches.machine_reason is null then '_human' else '_machine' end as outcome,
        false as is_send
    from {{ only_changed(ref('int_flows__touches'), ref('int_flows__restated'), key) }} as touches

),

after_send as (

    select
        *,
        max(case when is_send then occurred_at end) over (
            partition by recipient_number, message_number
            order by occurred_at
        ) as sent_at
    from outcomes

),

dated as (

    select
        *,
        case when sent_at is null then {{ local_date('occurred_at') }} end as own_date
    from after_send

),

by_send as (

    select
        recipient_number,
        message_number,
        sent_at,
        own_date,
        {% for flag in flags %}
            bool_or(outcome = '{{ flag }}') as {{ flag }},
        {% endfor %}
        sum(case when is_send then 1 else 0 end) as sends,
        sum(case when outcome = 'delivered' then 1 else 0 end) as deliveries,
        sum(case when outcome = 'bounced' then 1 else 0 end) as bounces
    from dated
    group by
        recipient_number,
        message_number,
        sent_at,
        own_date

)

select
    recipient_number,
    message_number,
    sent_at,
    coalesce(own_date, {{ local_date('sent_at') }}) as send_date,
    {% for flag in flags %}
        {{ flag }},
    {% endfor %}
    cast(sends as integer) as sends,
    cast(deliveries as integer) as deliveries,
    cast(bounces as integer) as bounces
from by_send
