-- Every send is counted on one day, and nothing happens to more sends than there are events of it.
with events as (

    select
        touches.message_key,
        sum(case when touches.event_type = 'sent' then 1 else 0 end) as sent,
        sum(case when touches.event_type = 'bounced' then 1 else 0 end) as bounced,
        sum(case when touches.event_type = 'opened' and touches.is_human then 1 else 0 end) as opened_human,
        sum(case when touches.event_type = 'clicked' and touches.is_human then 1 else 0 end) as clicked_human
    from {{ ref('fct_touches') }} as touches
    group by touches.message_key

),

counted as (

    select
        performance.message_key,
        bool_and(tools.has_sent) as has_sent,
        sum(performance.sent) as sent,
        sum(performance.bounced) as bounced,
        sum(performance.opened_human) as opened_human,
        sum(performance.clicked_human) as clicked_human
    from {{ ref('fct_flow_performance') }} as performance
    inner join {{ ref('int_flows__tools') }} as tools
        on
            performance.source = tools.source
            and performance.channel = tools.channel
    group by performance.message_key

)

select
    events.sent as sent_events,
    counted.sent,
    coalesce(events.message_key, counted.message_key) as message_key
from events
full join counted
    on events.message_key = counted.message_key
where
    events.message_key is null
    or counted.message_key is null
    or (counted.has_sent and counted.sent <> events.sent)
    or counted.bounced > events.bounced
    or counted.opened_human > events.opened_human
    or counted.clicked_human > events.clicked_human
