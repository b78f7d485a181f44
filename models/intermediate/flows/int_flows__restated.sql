-- Whose touches and sends are worked out anew: those for whom something has changed, or everybody where a tool has
-- begun to report, or reports no longer, what the rules depend on.
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

select recipient_number
from {{ ref('int_flows__changed') }}
union
select recipient_number
from {{ ref('int_flows__recipients') }}
where exists (select 1 from differing_tools)
