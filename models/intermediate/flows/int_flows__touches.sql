{% set key = ['recipient_number', 'message_number'] %}
{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key=key,
    meta={'changed': 'int_flows__restated'}
) }}
{% set received = only_changed(ref('int_flows__received'), ref('int_flows__restated'), key) %}
{% if is_update() %}
    {% set received = work_table("changed_received", "select * from " ~ received ~ " as changed_rows") %}
{% endif %}
-- A mail proxy opens within 2 s of delivery. A link scanner follows two or more different links within 10 s of it; one
-- link, however often, is a person's. A tool's own word is enough.
with deliveries as (

    select
        events.recipient_number,
        events.message_number,
        events.occurred_at
    from {{ received }} as events
    inner join {{ ref('int_flows__tools') }} as tools
        on
            events.source = tools.source
            and events.channel = tools.channel
            and events.event_type = case when tools.has_delivered then 'delivered' else 'sent' end

),

touches as (

    select events.*
    from {{ received }} as events
    where events.event_type in ('opened', 'clicked')

),

after_delivery as (

    {{ last_before('touches', 'deliveries', ['recipient_number', 'message_number'], 'occurred_at') }}

),

quick_clicks as (

    select
        recipient_number,
        message_number,
        occurred_at_before,
        min(link) as first_link,
        max(link) as last_link
    from after_delivery
    where
        event_type = 'clicked'
        and occurred_at <= occurred_at_before + interval '10' second
    group by
        recipient_number,
        message_number,
        occurred_at_before

)

select
    after_delivery.source,
    after_delivery.event_id,
    after_delivery.occurred_at,
    after_delivery.event_type,
    after_delivery.variant_number,
    after_delivery.address_number,
    after_delivery.message_number,
    after_delivery.recipient_number,
    after_delivery.link,
    case
        when after_delivery.is_machine_by_tool then 'tool'
        when
            after_delivery.event_type = 'opened'
            and after_delivery.occurred_at <= after_delivery.occurred_at_before + interval '2' second
            then 'opened on delivery'
        when
            after_delivery.event_type = 'clicked'
            and after_delivery.occurred_at <= after_delivery.occurred_at_before + interval '10' second
            and quick_clicks.first_link <> quick_clicks.last_link
            then 'several links on delivery'
    end as machine_reason
from after_delivery
left join quick_clicks
    on
        after_delivery.recipient_number = quick_clicks.recipient_number
        and after_delivery.message_number = quick_clicks.message_number
        and after_delivery.occurred_at_before = quick_clicks.occurred_at_before
