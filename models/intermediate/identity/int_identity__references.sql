{{ config(pre_hook="{{ keep_before() }}") }}
-- Who a record of one source means by a customer's id of another, such as a review that carries the store's id. The own
-- source's customers come first; else it is the one person elsewhere with that id; where there are several, nobody.
{% set entities = ["reviews", "survey_responses", "support_tickets", "page_events", "loyalty_events", "referrals"] %}

with sources as (

    select distinct source from {{ ref('int_identity__records') }}

),

{{ named_by_records(entities, 'customer_id', 'sources', renamed={'referrals': 'referrer_customer_id'}) }},

referenced as (

    select distinct
        source,
        customer_id
    from named
    where source in (select foreign_sources.source from foreign_sources)

)

select
    referenced.source,
    referenced.customer_id,
    max(persons.person_id) as person_id
from referenced
cross join sources
inner join {{ ref('int_identity__persons') }} as persons
    on 'id:' || sources.source || ':' || referenced.customer_id = persons.evidence
group by referenced.source, referenced.customer_id
having
    count(distinct persons.person_id) = 1
    and max(case when sources.source = referenced.source then 1 else 0 end) = 0
