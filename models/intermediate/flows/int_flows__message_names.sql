-- Named as on the latest event that has a name; of two names at one moment the greater in text.
{% set names = ["flow_name", "message_name", "campaign_name", "purpose"] %}

with counted as (

    select
        variant_number,
        event_type,
        max(occurred_at) as last_at
    from {{ ref('int_flows__events') }}
    where occurred_at <= {{ as_of() }}
    group by
        variant_number,
        event_type

)

select
    variants.message_key,
    variants.message_number,
    variants.source,
    variants.channel,
    variants.flow_id,
    variants.campaign_id,
    variants.message_id,
    {% for name in names %}
        max_by(variants.{{ name }}, cast(counted.last_at as varchar) || ' ' || variants.{{ name }}) as {{ name }},
    {% endfor %}
    max(counted.last_at) as last_at,
    bool_or(counted.event_type = 'sent') as has_sent,
    bool_or(counted.event_type = 'delivered') as has_delivered,
    bool_or(counted.event_type = 'opened') as has_opened
from counted
inner join {{ ref('int_flows__variants') }} as variants
    on counted.variant_number = variants.variant_number
group by
    variants.message_key,
    variants.message_number,
    variants.source,
    variants.channel,
    variants.flow_id,
    variants.campaign_id,
    variants.message_id
