-- Whose touches and sends of a message are worked out anew: those of whom something of it has changed, or everybody's
-- where its tool has begun to report, or reports no longer, what the rules depend on.
with tools as (

    select
        source,
        channel,
        has_sent,
        has_delivered
    from {{ ref('int_flows__tools') }}

),

{% if built_as_of() is not none %}

    tools_before as (

        select
            source,
            channel,
            has_sent,
            has_delivered
        from {{ sibling('int_flows__tools_before') }}

    ),

{% else %}

    tools_before as (

        select * from tools

    ),

{% endif %}

differing_tools as (

    select * from tools
    except
    select * from tools_before
    union all
    select * from tools_before
    except
    select * from tools

)

select
    recipient_number,
    message_number
from {{ ref('int_flows__changed') }}
union
select
    received.recipient_number,
    received.message_number
from {{ ref('int_flows__received') }} as received
inner join differing_tools
    on
        received.source = differing_tools.source
        and received.channel = differing_tools.channel
