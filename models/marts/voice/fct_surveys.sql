{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='response_key',
    on_schema_change='fail',
    meta={'changed': 'int_voice__changed'}
) }}
{% set arrivals = keyed_arrivals(
    ref('int_arrivals__survey_responses'), 'response_id', 'response_key', ref('int_voice__changed')
) %}

with versions as (

    {{ latest_version(arrivals, ['response_id']) }}

)

select
    versions.source || ':' || versions.response_id as response_key,
    versions.source,
    versions.response_id,
    {{ order_of('versions') }} as order_key,
    {{ person_of('versions') }} as person_id,
    coalesce(order_persons.person_id, {{ person_of('versions') }}) as reporting_person_id,
    versions.submitted_at,
    {{ local_date('versions.submitted_at') }} as submitted_date,
    versions.survey_type,
    versions.score,
    case
        when versions.survey_type = 'nps' and versions.score >= 9 then 'promoter'
        when versions.survey_type = 'nps' and versions.score >= 7 then 'passive'
        when versions.survey_type = 'nps' and versions.score is not null then 'detractor'
        when versions.survey_type = 'csat' and versions.score >= 4 then 'satisfied'
        when versions.survey_type = 'csat' and versions.score is not null then 'not_satisfied'
    end as answer,
    versions.comment,
    versions.order_id is not null and order_persons.record_key is null as is_waiting
from versions
{{ person_join('versions') }}
{{ order_join('versions') }}
left join {{ ref('int_identity__record_persons') }} as order_persons
    on {{ order_of('versions') }} = order_persons.record_key
where versions.submitted_at <= {{ as_of() }}
