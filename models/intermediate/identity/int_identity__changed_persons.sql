-- For tables that are kept by person: whoever they were and whoever they are now. A table that remembers the build it
-- was last brought up to is behind by the builds above it, and wholly if that one is below the last full build.
{{ config(materialized="incremental", incremental_strategy="append", full_refresh=false) }}

with persons as (

    select person_id_before as person_id
    from {{ ref('int_identity__touched') }}
    where person_id_before is not null
    union
    select persons.person_id
    from {{ ref('int_identity__touched') }} as touched
    inner join {{ ref('int_identity__persons') }} as persons
        on touched.evidence = persons.evidence
    union
    select {{ hash_text("'nobody:' || record_key") }} as person_id
    from {{ ref('int_identity__changes') }}
    where
        record_kind = 'order'
        and coalesce(id_evidence, email_evidence, phone_evidence) is null

)

select
    builds.build,
    persons.person_id
from persons
cross join {{ ref('int_identity__build') }} as builds
where {{ is_incremental() and identity_build_is_open() }}
