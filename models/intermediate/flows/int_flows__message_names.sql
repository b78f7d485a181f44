-- Named as on the latest event that has a name; of two names at one moment the greater in text.
{% set names = ["flow_name", "message_name", "campaign_name", "purpose"] %}

with variants as (

    select
        message_key,
        source,
        channel,
        flow_id,
        campaign_id,
        message_id,
        {{ names | join(",\n        ") }},
        event_type,
        max(occurred_at) as last_at
    from {{ ref('int_flows__events') }}
    group by
        message_key,
        source,
        channel,
        flow_id,
        campaign_id,
        message_id,
        {{ names | join(",\n        ") }},
        event_type

)

select
    message_key,
    source,
    channel,
    flow_id,
    campaign_id,
    message_id,
    {% for name in names %}
        max_by({{ name }}, cast(last_at as varchar) || ' ' || {{ name }}) as {{ name }},
    {% endfor %}
    max(last_at) as last_at,
    bool_or(event_type = 'sent') as has_sent,
    bool_or(event_type = 'delivered') as has_delivered,
    bool_or(event_type = 'opened') as has_opened
from variants
group by
    message_key,
    source,
    channel,
    flow_id,
    campaign_id,
    message_id
