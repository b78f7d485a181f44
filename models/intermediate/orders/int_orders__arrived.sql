-- Orders of which something has been delivered since the build before, or a later version may hold by now.
{% set lines_before %}
    (
        select
            source,
            substr(order_key, length(source) + 2) as order_id,
            awaits_version
        from {{ sibling('int_orders__lines') }}
    )
{% endset %}
-- depends_on: {{ ref('int_arrivals__orders') }}, {{ ref('int_arrivals__order_lines') }}
{% if built_as_of() is none %}

    select cast(null as varchar) as order_key
    where false

{% else %}

    with changed_orders as (

        {{ changed_keys(ref('int_arrivals__orders'), ['order_id'], sibling('int_orders__versions')) }}

    ),

    changed_lines as (

        {{ changed_keys(ref('int_arrivals__order_lines'), ['order_id'], lines_before) }}

    )

    select source || ':' || order_id as order_key
    from changed_orders
    union
    select source || ':' || order_id as order_key
    from changed_lines

{% endif %}
