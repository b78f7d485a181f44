{% set counts = [
    "sent", "delivered", "bounced", "opened_human", "opened_machine", "clicked_human", "clicked_machine",
    "unsubscribed", "complained", "ordered", "attributed_orders",
] %}

with by_message as (

    select
        'message' as grain,
        {{ month_of('send_date') }} as month,
        channel,
        flow_class,
        is_transactional,
        message_key,
        flow_id,
        flow_name,
        message_id,
        message_name,
        campaign_id,
        campaign_name,
        -- A tool that tells no opens is in no open rate: neither above nor below the line.
        sum(case when open_rate is not null then delivered end) as delivered_with_opens,
        {% for count in counts %}
            sum({{ count }}) as {{ count }},
        {% endfor %}
        sum(attributed_net_sales) as attributed_net_sales
    from {{ ref('fct_flow_performance') }}
    group by
        {{ month_of('send_date') }},
        channel,
        flow_class,
        is_transactional,
        message_key,
        flow_id,
        flow_name,
        message_id,
        message_name,
        campaign_id,
        campaign_name

),

by_class as (

    select
        'flow_class' as grain,
        month,
        channel,
        flow_class,
        is_transactional,
        'all' as message_key,
        cast(null as varchar) as flow_id,
        cast(null as varchar) as flow_name,
        cast(null as varchar) as message_id,
        cast(null as varchar) as message_name,
        cast(null as varchar) as campaign_id,
        cast(null as varchar) as campaign_name,
        sum(delivered_with_opens) as delivered_with_opens,
        {% for count in counts %}
            sum({{ count }}) as {{ count }},
        {% endfor %}
        sum(attributed_net_sales) as attributed_net_sales
    from by_message
    group by
        month,
        channel,
        flow_class,
        is_transactional

),

levels as (

    select * from by_message
    union all
    select * from by_class

)

select
    levels.grain,
    levels.month,
    levels.channel,
    levels.flow_class,
    catalogue.name_en as flow_class_name,
    catalogue.name_zh as flow_class_name_zh,
    catalogue.is_post_purchase,
    levels.is_transactional,
    levels.message_key,
    levels.flow_id,
    levels.flow_name,
    levels.message_id,
    levels.message_name,
    levels.campaign_id,
    levels.campaign_name,
    {% for count in counts %}
        cast(levels.{{ count }} as bigint) as {{ count }},
    {% endfor %}
    {{ money('levels.attributed_net_sales') }} as attributed_net_sales,
    cast(levels.opened_human as double) / nullif(levels.delivered_with_opens, 0) as open_rate,
    cast(levels.clicked_human as double) / nullif(levels.delivered, 0) as click_rate,
    cast(levels.unsubscribed as double) / nullif(levels.delivered, 0) as unsubscribe_rate,
    cast(levels.complained as double) / nullif(levels.delivered, 0) as complaint_rate,
    cast(levels.ordered as double) / nullif(levels.delivered, 0) as order_rate,
    {{ money('levels.attributed_net_sales / nullif(levels.delivered, 0)') }} as net_sales_per_recipient
from levels
inner join {{ ref('flow_catalogue') }} as catalogue
    on levels.flow_class = catalogue.flow_class
