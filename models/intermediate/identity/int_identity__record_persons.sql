-- depends_on: {{ ref('int_identity__touched') }}
-- Evidence of one record is one component, unless that component was cut: then the id speaks first.
{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="record_key",
        full_refresh=false,
        pre_hook="{{ delete_rows('record_key', ref('int_identity__changes')) }}"
    )
}}

with settled as (

    select
        records.record_key,
        records.record_kind,
        records.seen_at,
        coalesce(records.id_evidence, records.email_evidence, records.phone_evidence) as evidence
    from {{ ref('int_identity__records') }} as records
    {% if is_incremental() %}
        where
            coalesce(records.id_evidence, records.email_evidence, records.phone_evidence) in (
                select touched.evidence
                from {{ ref('int_identity__touched') }} as touched
            )
            or records.record_key in (
                select changes.record_key
                from {{ ref('int_identity__changes') }} as changes
                where changes.has_come
            )
    {% endif %}

)

select
    settled.record_key,
    settled.record_kind,
    settled.seen_at,
    coalesce(persons.person_id, {{ hash_text("'nobody:' || settled.record_key") }}) as person_id,
    persons.person_id is not null as is_identified
from settled
left join {{ ref('int_identity__persons') }} as persons
    on settled.evidence = persons.evidence
where settled.record_kind = 'order' or persons.person_id is not null
