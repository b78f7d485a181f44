-- Reviews, answers and tickets come from other systems than the orders they name. An order of the own source comes
-- first; else it is the one order elsewhere with that id; where several sources have one, nobody knows which is meant.
with referenced as (

    select
        source,
        order_id
    from {{ ref('int_arrivals__reviews') }}
    union
    select
        source,
        order_id
    from {{ ref('int_arrivals__survey_responses') }}
    union
    select
        source,
        order_id
    from {{ ref('int_arrivals__support_tickets') }}
    union
    select
        source,
        order_id
    from {{ ref('int_arrivals__page_events') }}
    union
    select
        source,
        order_id
    from {{ ref('int_arrivals__fulfillments') }}
    union
    select
        source,
        order_id
    from {{ ref('int_arrivals__returns') }}

)

select
    referenced.source,
    referenced.order_id,
    max(orders.order_key) as order_key
from referenced
inner join {{ ref('int_orders__current') }} as orders
    on referenced.order_id = orders.order_id
group by referenced.source, referenced.order_id
having count(*) = 1 and max(orders.source) <> referenced.source
