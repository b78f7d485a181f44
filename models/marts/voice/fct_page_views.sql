-- A view: views are stored once, narrow, and whose they are is looked up.
{{ config(materialized="view") }}

select
    page_views.source,
    page_views.event_id,
    visitors.person_id,
    page_views.occurred_at,
    page_views.page_type,
    page_views.url,
    page_views.source || ':' || page_views.event_id as page_view_key,
    {{ order_of('page_views') }} as order_key,
    coalesce(order_persons.person_id, visitors.person_id) as reporting_person_id,
    {{ local_date('page_views.occurred_at') }} as occurred_date
from {{ ref('int_voice__page_views') }} as page_views
inner join {{ ref('int_voice__visitors') }} as visitors
    on page_views.address_number = visitors.address_number
{{ order_join('page_views') }}
left join {{ ref('int_identity__record_persons') }} as order_persons
    on {{ order_of('page_views') }} = order_persons.record_key
where page_views.occurred_at <= {{ as_of() }}
