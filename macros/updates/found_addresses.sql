{#
    Whose the addresses and ids are that arrivals name: a row for each of them, those of addresses_to_find(). Nobody's go
    by a hash of the id, or of the e-mail without one.
#}
{% macro found_addresses(arrivals) -%}
    with addresses as (
        {{ addresses_to_find(arrivals) }}
    ),

    found as (
        select
            addresses.source,
            addresses.customer_id,
            addresses.email,
            {{ person_of('addresses') }} as person_id
        from addresses
        {{ person_join('addresses') }}
    )

    select
        *,
        {{ hash_number(['source', 'customer_id', 'email']) }} as address_number,
        case
            when person_id is null
                then {{ hash_text("coalesce('id:' || source || ':' || customer_id, 'email:' || email)") }}
        end as unknown_recipient_id
    from found
{%- endmacro %}
