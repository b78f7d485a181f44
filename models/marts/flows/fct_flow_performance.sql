-- Counts sends, not events: what happened belongs to the person's latest send of that message at or before it, and
-- without one to its own day.
{% set flags = [
    "opened_human", "opened_machine", "clicked_human", "clicked_machine", "unsubscribed", "complained", "ordered",
] %}

with outcomes as (

    select
        coalesce(touches.person_id, touches.unknown_recipient_id) as recipient_id,
        touches.message_key,
        touches.occurred_at,
        case
            when touches.event_type not in ('opened', 'clicked') then touches.event_type
            when touches.is_human then touches.event_type || '_human'
            else touches.event_type || '_machine'
        end as outcome,
        -- A tool that reports no sends did send what it says was delivered or bounced.
        touches.event_type = 'sent'
        or (not tools.has_sent and touches.event_type in ('delivered', 'bounced')) as is_send,
        {{ money('0') }} as net_sales
    from {{ ref('fct_touches') }} as touches
    inner join {{ ref('int_flows__tools') }} as tools
        on
            touches.source = tools.source
            and touches.channel = tools.channel
    union all
    select
        person_id as recipient_id,
        message_key,
        ordered_at as occurred_at,
        'ordered' as outcome,
        false as is_send,
        net_sales_credited as net_sales
    from {{ ref('fct_attributed_orders') }}

),

after_send as (

    select
        *,
        max(case when is_send then occurred_at end) over (
            partition by recipient_id, message_key
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
        message_key,
        sent_at,
        own_date,
        sum(case when is_send then 1 else 0 end) as sends,
        sum(case when outcome = 'delivered' then 1 else 0 end) as deliveries,
        sum(case when outcome = 'bounced' then 1 else 0 end) as bounces,
        {% for flag in flags %}
            bool_or(outcome = '{{ flag }}') as {{ flag }},
        {% endfor %}
        sum(case when outcome = 'ordered' then 1 else 0 end) as attributed_orders,
        sum(net_sales) as attributed_net_sales
    from dated
    group by
        recipient_id,
        message_key,
        sent_at,
        own_date

),

by_day as (

    select
        message_key,
        coalesce(own_date, {{ local_date('sent_at') }}) as send_date,
        sum(sends) as sent,
        -- One send is delivered or bounces once, however often that is told; two of one moment may both.
        sum(least(deliveries, greatest(sends, 1))) as delivered,
        sum(least(bounces, greatest(sends, 1))) as bounced,
        sum(greatest(sends - bounces, 0)) as not_bounced,
        {% for flag in flags %}
            sum(case when {{ flag }} then 1 else 0 end) as {{ flag }},
        {% endfor %}
        sum(attributed_orders) as attributed_orders,
        sum(attributed_net_sales) as attributed_net_sales
    from by_send
    group by
        message_key,
        coalesce(own_date, {{ local_date('sent_at') }})

),

counted as (

    select
        by_day.message_key,
        by_day.send_date,
        messages.source,
        messages.channel,
        messages.flow_class,
        messages.is_transactional,
        messages.purpose,
        messages.flow_id,
        messages.flow_name,
        messages.message_id,
        messages.message_name,
        messages.campaign_id,
        messages.campaign_name,
        tools.has_opened,
        cast(by_day.sent as bigint) as sent,
        cast(case when tools.has_delivered then by_day.delivered else by_day.not_bounced end as bigint) as delivered,
        cast(by_day.bounced as bigint) as bounced,
        {% for flag in flags %}
            cast(by_day.{{ flag }} as bigint) as {{ flag }},
        {% endfor %}
        cast(by_day.attributed_orders as bigint) as attributed_orders,
        {{ money('by_day.attributed_net_sales') }} as attributed_net_sales
    from by_day
    inner join {{ ref('int_flows__messages') }} as messages
        on by_day.message_key = messages.message_key
    inner join {{ ref('int_flows__tools') }} as tools
        on
            messages.source = tools.source
            and messages.channel = tools.channel

)

select
    message_key,
    send_date,
    source,
    channel,
    flow_class,
    is_transactional,
    purpose,
    flow_id,
    flow_name,
    message_id,
    message_name,
    campaign_id,
    campaign_name,
    sent,
    delivered,
    bounced,
    opened_human,
    opened_machine,
    clicked_human,
    clicked_machine,
    unsubscribed,
    complained,
    ordered,
    attributed_orders,
    attributed_net_sales,
    -- Text messages report no opens: their rate isn't known, which is not 0.
    case when channel = 'email' or has_opened then cast(opened_human as double) / nullif(delivered, 0) end as open_rate,
    cast(clicked_human as double) / nullif(delivered, 0) as click_rate,
    cast(unsubscribed as double) / nullif(delivered, 0) as unsubscribe_rate,
    cast(complained as double) / nullif(delivered, 0) as complaint_rate,
    cast(ordered as double) / nullif(delivered, 0) as order_rate,
    {{ money('attributed_net_sales / nullif(delivered, 0)') }} as net_sales_per_recipient
from counted
