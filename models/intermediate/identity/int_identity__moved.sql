-- For tables that are kept record by record. What names nobody any longer is here as well as what names somebody
-- now.
-- depends_on: {{ ref('int_identity__touched') }}, {{ ref('int_identity__persons') }}
-- depends_on: {{ ref('int_identity__changes') }}, {{ ref('int_identity__record_persons') }}
-- depends_on: {{ ref('int_identity__references') }}, {{ ref('int_orders__references') }}
{% if built_as_of() is none %}

    select
        cast(null as varchar) as kind,
        cast(null as varchar) as named_by
    where false

{% else %}

    with moved_evidence as (

        select
            touched.evidence,
            persons.person_id
        from {{ ref('int_identity__touched') }} as touched
        left join {{ ref('int_identity__persons') }} as persons
            on touched.evidence = persons.evidence
        where touched.person_id_before is distinct from persons.person_id

    ),

    moved_references as (

        {{ rows_that_differ(ref('int_identity__references'), sibling('int_identity__references_before')) }}

    ),

    moved_orders as (

        {{ rows_that_differ(ref('int_orders__references'), sibling('int_orders__references_before')) }}

    )

    select
        'evidence' as kind,
        evidence as named_by
    from moved_evidence
    union
    select
        'evidence' as kind,
        'id:' || source || ':' || customer_id as named_by
    from moved_references
    union
    select
        'order' as kind,
        record_key as named_by
    from {{ ref('int_identity__changes') }}
    where record_kind = 'order'
    union
    select
        'order' as kind,
        record_key as named_by
    from {{ ref('int_identity__record_persons') }}
    where
        record_kind = 'order'
        and person_id in (select moved_evidence.person_id from moved_evidence)
    union
    -- A record's order is what it was found as elsewhere, or else what the record itself names.
    select
        'order' as kind,
        order_key as named_by
    from moved_orders
    union
    select
        'order' as kind,
        source || ':' || order_id as named_by
    from moved_orders

{% endif %}
