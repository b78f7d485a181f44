-- Whose arms are told anew: those of whom an assignment has come, or has happened since the build before, and whoever
-- is another person now. Our own arms are told anew each time: they are kept elsewhere.
{% set arms_before = sibling('fct_experiment_arms', 'marts') %}
-- depends_on: {{ ref('int_proof__recipients') }}, {{ ref('int_arrivals__flow_holdouts') }}
-- depends_on: {{ ref('identity_merges') }}, {{ source('ops_audiences', 'holdout_triggers') }}

{% if built_as_of() is none %}

    select cast(null as varchar) as recipient_id
    where false

{% else %}

    with recipients as (

        select
            address_number,
            recipient_id
        from {{ ref('int_proof__recipients') }}
        union
        select
            address_number,
            recipient_id
        from {{ sibling('int_proof__recipients_before') }}

    ),

    changed_addresses as (

        select address_number
        from recipients
        group by address_number
        having count(*) > 1
        union
        select {{ hash_number(['source', 'customer_id', 'email']) }} as address_number
        from {{ ref('int_arrivals__flow_holdouts') }}
        where {{ has_arrived() }} or {{ happens_now(['updated_at', 'assigned_at', 'triggered_at']) }}

    )

    select recipients.recipient_id
    from recipients
    inner join changed_addresses
        on recipients.address_number = changed_addresses.address_number
    union
    select recipient_id
    from {{ arms_before }}
    where source = 'second_order'
    union
    select coalesce(joined.person_id, reached.person_id) as recipient_id
    from {{ source('ops_audiences', 'holdout_triggers') }} as reached
    left join {{ ref('identity_merges') }} as joined
        on
            reached.person_id = {{ hash_text("joined.evidence") }}
            and not joined.is_cut

{% endif %}
