-- Counts sends, not events: what happened belongs to the person's latest send of that message at or before it, and
-- without one to its own day.
{% set flags = [
    "opened_human", "opened_machine", "clicked_human", "clicked_machine", "unsubscribed", "complained", "ordered",
] %}

with orders as (

    select
        {{ hash_number(['person_id']) }} as recipient_number,
        {{ hash_number(['message_key']) }} as message_number,
        ordered_at as sent_at,
        net_sales_credited
    from {{ ref('fct_attributed_orders') }}

),

buyers_sends as (

    select
        sends.recipient_number,
        sends.message_number,
        sends.sent_at
    from {{ ref('int_flows__sends') }} as sends
    where
        sends.sent_at is not null
        and sends.recipient_number in (select orders.recipient_number from orders)

),

orders_after_send as (

    {{ last_before('orders', 'buyers_sends', ['recipient_number', 'message_number'], 'sent_at') }}

),

orders_by_send as (

    select
        recipient_number,
        message_number,
        {{ local_date('coalesce(sent_at_before, sent_at)') }} as send_date,
        count(*) as attributed_orders,
        sum(net_sales_credited) as attributed_net_sales
    from orders_after_send
    group by
        recipient_number,
        message_number,
        sent_at_before,
        {{ local_date('coalesce(sent_at_before, sent_at)') }}

),

by_send as (

    select
        message_number,
        send_date,
        sends,
        deliveries,
        bounces,
        {% for flag in flags[:-1] %}
            {{ flag }},
        {% endfor %}
        false as ordered,
        0 as attributed_orders,
        {{ money('0') }} as attributed_net_sales
    from {{ ref('int_flows__sends') }}
    union all
    select
        message_number,
        send_date,
        0 as sends,
        0 as deliveries,
        0 as bounces,
        {% for flag in flags[:-1] %}
            false as {{ flag }},
        {% endfor %}
        true as ordered,
        attributed_orders,
        attributed_net_sales
    from orders_by_send

),

by_day as (

    select
        message_number,
        send_date,
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
        message_number,
        send_date

),

counted as (

    select
        messages.message_key,
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
        on by_day.message_number = messages.message_number
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
