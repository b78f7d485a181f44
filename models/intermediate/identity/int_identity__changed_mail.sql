-- Whose address and consent are worked out anew: persons of whom something has come, gone or been joined, a profile's
-- newer version included, and those whose consent was given or withdrawn since the build before.
-- depends_on: {{ ref('int_identity__changed_persons') }}, {{ ref('int_identity__build') }}
-- depends_on: {{ ref('int_identity__persons') }}, {{ ref('int_identity__profiles') }}
{% if built_as_of() is none %}

    select cast(null as varchar) as person_id
    where false

{% else %}

    select changed_persons.person_id
    from {{ ref('int_identity__changed_persons') }} as changed_persons
    inner join {{ ref('int_identity__build') }} as builds
        on changed_persons.build = builds.build
    union
    select persons.person_id
    from {{ ref('int_identity__profiles') }} as profiles
    inner join {{ ref('int_identity__persons') }} as persons
        on 'email:' || profiles.email = persons.evidence
    where {{ happens_now(['profiles.email_consent_at']) }}
    union
    select persons.person_id
    from {{ ref('int_identity__persons') }} as persons
    where {{ resolved_anew() }}
    union
    select mail_before.person_id
    from {{ sibling('int_identity__mail') }} as mail_before
    where {{ resolved_anew() }}

{% endif %}
