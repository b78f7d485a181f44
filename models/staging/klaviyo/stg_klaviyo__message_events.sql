-- Klaviyo reports no sends: "Received Email" is the delivery. "Sent SMS" is a text that came from the customer, and
-- "Unsubscribed from List" leaves consent as it was.
with kinds as (

    select
        listed.metric_name,
        listed.event_type,
        listed.channel
    from (
        values
        ('Received Email', 'delivered', 'email'),
        ('Bounced Email', 'bounced', 'email'),
        ('Opened Email', 'opened', 'email'),
        ('Clicked Email', 'clicked', 'email'),
        ('Unsubscribed', 'unsubscribed', 'email'),
        ('Unsubscribed from Email Marketing', 'unsubscribed', 'email'),
        ('Marked Email as Spam', 'complained', 'email'),
        ('Received SMS', 'delivered', 'sms'),
        ('Failed to Deliver SMS', 'bounced', 'sms'),
        ('Clicked SMS', 'clicked', 'sms'),
        ('Unsubscribed from SMS Marketing', 'unsubscribed', 'sms')
    ) as listed (metric_name, event_type, channel)

),

metrics as (

    select
        metrics.id as metric_id,
        kinds.event_type,
        kinds.channel
    from {{ source('raw_klaviyo', 'metrics') }} as metrics
    inner join kinds
        on metrics.payload ->> '$.attributes.name' = kinds.metric_name

),

messages as (

    select
        payload ->> '$.attributes.definition.data.message.id' as message_id,
        max(payload ->> '$.attributes.definition.data.message.name') as message_name,
        bool_or(cast(payload ->> '$.attributes.definition.data.message.transactional' as boolean)) as is_transactional
    from {{ source('raw_klaviyo', 'flow_actions') }}
    where payload ->> '$.attributes.definition.data.message.id' is not null
    group by message_id

),

-- An event of a campaign names its message; older ones name the campaign itself.
campaign_names as (

    select
        id as message_id,
        id as campaign_id,
        payload ->> '$.attributes.name' as campaign_name
    from {{ source('raw_klaviyo', 'campaigns') }}
    union all
    select
        linked.value ->> '$.id' as message_id,
        campaigns.id as campaign_id,
        campaigns.payload ->> '$.attributes.name' as campaign_name
    from {{ source('raw_klaviyo', 'campaigns') }} as campaigns,
        json_each(campaigns.payload, '$.relationships."campaign-messages".data') as linked

),

campaign_messages as (

    select
        message_id,
        max(campaign_id) as campaign_id,
        max(campaign_name) as campaign_name
    from campaign_names
    group by message_id

),

events as (

    select
        events.id as event_id,
        events.updated_at,
        events._loaded_at,
        events._row,
        metrics.event_type,
        metrics.channel,
        events.payload ->> '$.relationships.profile.data.id' as profile_id,
        events.payload ->> '$.relationships.attributions.data[0].id' as attribution_id,
        events.payload -> '$.attributes.event_properties' as properties
    from {{ source('raw_klaviyo', 'events') }} as events
    inner join metrics
        on events.payload ->> '$.relationships.metric.data.id' = metrics.metric_id

),

told as (

    select
        events.*,
        coalesce(
            nullif(events.properties ->> '$."$flow"', ''),
            attributions.payload ->> '$.relationships.flow.data.id'
        ) as flow_id,
        coalesce(
            nullif(events.properties ->> '$."$message"', ''),
            attributions.payload ->> '$.relationships."flow-message".data.id',
            attributions.payload ->> '$.relationships."campaign-message".data.id'
        ) as message_id,
        attributions.payload ->> '$.relationships.campaign.data.id' as attributed_campaign_id
    from events
    left join {{ source('raw_klaviyo', 'attributions') }} as attributions
        on events.attribution_id = attributions.id

)

select
    'klaviyo' as source,
    told.event_id,
    told.updated_at as occurred_at,
    told.event_type,
    told.channel,
    nullif(lower(trim(told.properties ->> '$."Recipient Email Address"')), '') as email,
    told.profile_id as customer_id,
    case when messages.is_transactional then 'transactional' end as purpose,
    told.flow_id,
    flows.payload ->> '$.attributes.name' as flow_name,
    told.message_id,
    -- Klaviyo calls it the campaign's name in flows too.
    coalesce(messages.message_name, told.properties ->> '$."Campaign Name"') as message_name,
    case
        when told.flow_id is null then coalesce(campaign_messages.campaign_id, told.attributed_campaign_id)
    end as campaign_id,
    case
        when told.flow_id is null
            then coalesce(campaign_messages.campaign_name, told.properties ->> '$."Campaign Name"')
    end as campaign_name,
    told.properties ->> '$.URL' as link,
    -- Opens that Apple's privacy protection made, and clicks of scanners.
    coalesce(
        try_cast(told.properties ->> '$.machine_open' as boolean),
        try_cast(told.properties ->> '$."Apple Privacy Open"' as boolean),
        try_cast(told.properties ->> '$."Bot Click"' as boolean)
    ) as is_machine,
    {{ api_provenance('told') }}
from told
left join messages
    on told.message_id = messages.message_id
left join {{ source('raw_klaviyo', 'flows') }} as flows
    on told.flow_id = flows.id
left join campaign_messages
    on told.message_id = campaign_messages.message_id
