-- klaviyo.event with the metric, flow, campaign and person it belongs to. Klaviyo's "Received" is a delivery; it
-- reports no sends.
with kinds (metric_name, event_type, channel) as (

    values
    ('received email', 'delivered', 'email'),
    ('bounced email', 'bounced', 'email'),
    ('opened email', 'opened', 'email'),
    ('clicked email', 'clicked', 'email'),
    ('marked email as spam', 'complained', 'email'),
    ('unsubscribed', 'unsubscribed', 'email'),
    ('unsubscribed from email marketing', 'unsubscribed', 'email'),
    ('received sms', 'delivered', 'sms'),
    ('failed to deliver sms', 'bounced', 'sms'),
    ('clicked sms', 'clicked', 'sms'),
    ('unsubscribed from sms', 'unsubscribed', 'sms'),
    ('unsubscribed from sms marketing', 'unsubscribed', 'sms')

)

select
    events.id as event_id,
    events.datetime || 'Z' as occurred_at,
    kinds.event_type,
    kinds.channel,
    persons.email,
    -- A text message's person may have no address: then Klaviyo's own id tells them apart.
    case when persons.email is null then 'klaviyo:' || events.person_id end as customer_id,
    events.flow_id,
    flows.name as flow_name,
    events.flow_message_id as message_id,
    events.campaign_id,
    campaigns.name as campaign_name
from read_parquet('{{ shop }}/tables/klaviyo/event*.parquet', union_by_name = true) as events
inner join read_parquet('{{ shop }}/tables/klaviyo/metric.parquet') as metrics
    on events.metric_id = metrics.id
inner join kinds
    on lower(metrics.name) = kinds.metric_name
inner join read_parquet('{{ shop }}/tables/klaviyo/person.parquet') as persons
    on events.person_id = persons.id
left join read_parquet('{{ shop }}/tables/klaviyo/flow.parquet') as flows
    on events.flow_id = flows.id
left join read_parquet('{{ shop }}/tables/klaviyo/campaign.parquet') as campaigns
    on events.campaign_id = campaigns.id
where not coalesce(events._fivetran_deleted, false)
