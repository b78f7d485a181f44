-- Whose orders are numbered and summed anew: those of whom an order has changed, and whoever is another person now.
-- Both who bought and who is the buyer now: two persons joined into one leave nothing behind.
{% set orders_before = sibling('fct_orders', 'marts') %}
-- depends_on: {{ ref('int_orders__changed') }}, {{ ref('int_referral__orders') }}, {{ ref('int_identity__build') }}
-- depends_on: {{ ref('int_identity__record_persons') }}, {{ ref('int_identity__changed_persons') }}

{% if built_as_of() is none %}

    select cast(null as varchar) as person_id
    where false

{% else %}

    with referred_orders as (

        {{ rows_that_differ(ref('int_referral__orders'), sibling('int_referral__orders_before')) }}

    ),

    changed_orders as (

        select order_key
        from {{ ref('int_orders__changed') }}
        union
        select order_key
        from referred_orders

    )

    select orders.person_id
    from {{ orders_before }} as orders
    inner join changed_orders
        on orders.order_key = changed_orders.order_key
    union
    select persons.person_id
    from {{ ref('int_identity__record_persons') }} as persons
    inner join changed_orders
        on persons.record_key = changed_orders.order_key
    union
    select changed_persons.person_id
    from {{ ref('int_identity__changed_persons') }} as changed_persons
    inner join {{ ref('int_identity__build') }} as builds
        on changed_persons.build = builds.build
    union
    select persons.person_id
    from {{ ref('int_identity__record_persons') }} as persons
    where {{ resolved_anew() }}

{% endif %}
