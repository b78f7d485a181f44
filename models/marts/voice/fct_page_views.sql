with versions as (

    {{ latest_version(ref('int_arrivals__page_events'), ['event_id']) }}

)

select
    versions.source || ':' || versions.event_id as page_view_key,
    versions.source,
    versions.event_id,
    {{ order_of('versions') }} as order_key,
    {{ person_of('versions') }} as person_id,
    coalesce(order_persons.person_id, {{ person_of('versions') }}) as reporting_person_id,
    versions.occurred_at,
    {{ local_date('versions.occurred_at') }} as occurred_date,
    versions.page_type,
    versions.url
from versions
{{ person_join('versions') }}
{{ order_join('versions') }}
left join {{ ref('int_identity__record_persons') }} as order_persons
    on {{ order_of('versions') }} = order_persons.record_key
where versions.occurred_at <= {{ as_of() }}
