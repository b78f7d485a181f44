-- Of whom a message's event has come, or has changed, or has happened since the build before; and all messages of
-- whoever is another person now. Both who an address was and who it is: two persons joined into one leave nothing
-- behind.
{% set moment_before = built_as_of() %}
{% set address = hash_number(['source', 'customer_id', 'email']) %}
{% set variant = hash_number(['source'] + message_attributes()) %}
{% set events_before = sibling('int_flows__events') %}
-- depends_on: {{ ref('int_flows__recipients') }}, {{ ref('int_flows__variants') }}
-- depends_on: {{ ref('int_arrivals__message_events') }}

{% if moment_before is none %}

    select
        cast(null as ubigint) as recipient_number,
        cast(null as ubigint) as message_number
    where false

{% else %}

    with arrived as (

        select
            source,
            event_id,
            {{ address }} as address_number,
            {{ variant }} as variant_number
        from {{ ref('int_arrivals__message_events') }}
        where {{ has_arrived() }}

    ),

    recipients as (

        select
            address_number,
            recipient_number
        from {{ ref('int_flows__recipients') }}
        union
        select
            address_number,
            recipient_number
        from {{ sibling('int_flows__recipients_before') }}

    ),

    moved_addresses as (

        select address_number
        from recipients
        group by address_number
        having count(*) > 1

    ),

    changed_messages as (

        select
            address_number,
            variant_number
        from arrived
        union
        select
            events.address_number,
            events.variant_number
        from {{ events_before }} as events
        where
            exists (
                select 1
                from arrived
                where
                    arrived.event_id = events.event_id
                    and arrived.source = events.source
            )
        union
        -- What holds from now on, and what held until now.
        select
            {{ address }} as address_number,
            {{ variant }} as variant_number
        from {{ ref('int_arrivals__message_events') }}
        where
            {{ happens_now(['updated_at']) }}
            and source in (
                select awaiting.source
                from {{ events_before }} as awaiting
                where awaiting.awaits_version
            )
        union
        select
            address_number,
            variant_number
        from {{ events_before }}
        where awaits_version
        union
        select
            address_number,
            variant_number
        from {{ events_before }}
        where
            occurred_at > {{ moment_before }}
            and occurred_at <= {{ as_of() }}
        union
        select
            events.address_number,
            events.variant_number
        from {{ events_before }} as events
        inner join moved_addresses
            on events.address_number = moved_addresses.address_number

    )

    select distinct
        recipients.recipient_number,
        variants.message_number
    from changed_messages
    inner join recipients
        on changed_messages.address_number = recipients.address_number
    inner join {{ ref('int_flows__variants') }} as variants
        on changed_messages.variant_number = variants.variant_number

{% endif %}
