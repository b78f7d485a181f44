{{ config(pre_hook="{{ keep_before() }}") }}
-- Reviews, answers and tickets come from other systems than the orders they name. An order of the own source comes
-- first; else it is the one order elsewhere with that id; where several sources have one, nobody knows which is meant.
{% set entities = ["reviews", "survey_responses", "support_tickets", "page_events", "fulfillments", "returns"] %}

with order_sources as (

    select distinct source
    from {{ ref('int_orders__current') }}

),

{{ named_by_records(entities, 'order_id', 'order_sources') }},

referenced as (

    -- Most name an order of their own source: they are many, and left out before they are told apart.
    select distinct
        named.source,
        named.order_id
    from named
    where
        named.order_id is not null
        and named.source in (select foreign_sources.source from foreign_sources)
        and not exists (
            select 1
            from {{ ref('int_orders__current') }} as own_orders
            where
                own_orders.source = named.source
                and own_orders.order_id = named.order_id
        )

)

select
    referenced.source,
    referenced.order_id,
    max(orders.order_key) as order_key
from referenced
inner join {{ ref('int_orders__current') }} as orders
    on referenced.order_id = orders.order_id
group by referenced.source, referenced.order_id
having count(*) = 1
