-- Whose orders and signs are looked at anew: of whom a fact, an order, a profile or a message's event has come, gone or
-- changed since the build before, or is somebody else's now, and whose order is no longer a recent one. Both whom a
-- fact told of and whom it tells of now.
{% set moment_before = built_as_of() %}
{# Fact, its key, the column that says whom it tells of. #}
{% set facts = [
    ("fct_fulfillments", "fulfillment_key", "person_id"),
    ("fct_returns", "return_key", "person_id"),
    ("fct_reviews", "review_key", "reporting_person_id"),
    ("fct_surveys", "response_key", "reporting_person_id"),
    ("fct_tickets", "ticket_key", "reporting_person_id"),
    ("fct_loyalty", "loyalty_event_key", "person_id"),
] %}
-- depends_on: {{ ref('int_voice__changed') }}, {{ ref('int_orders__restated') }}, {{ ref('fct_orders') }}
-- depends_on: {{ ref('fct_fulfillments') }}, {{ ref('fct_returns') }}, {{ ref('fct_reviews') }}
-- depends_on: {{ ref('int_identity__changed_mail') }}, {{ ref('int_flows__restated') }}
-- depends_on: {{ ref('int_flows__recipients') }}, {{ ref('fct_surveys') }}, {{ ref('fct_tickets') }}
-- depends_on: {{ ref('fct_loyalty') }}

{% if moment_before is none %}

    select cast(null as varchar) as person_id
    where false

{% else %}

    select person_id
    from {{ ref('int_orders__restated') }}
    union
    select person_id
    from {{ ref('fct_orders') }}
    where
        ordered_at >= {{ moment_before }} - interval '{{ recent_order_days() }}' day
        and ordered_at < {{ as_of() }} - interval '{{ recent_order_days() }}' day
    union
    select person_id
    from {{ ref('int_identity__changed_mail') }}
    union
    {{ touched_persons() }}
    union
    select person_before as person_id
    from {{ ref('int_voice__changed') }}
    where person_before is not null
    {% for fact, key, person in facts %}
        union
        select {{ person }} as person_id
        from {{ ref(fact) }}
        where
            {{ key }} in (select changed.{{ key }} from {{ ref('int_voice__changed') }} as changed)
            and {{ person }} is not null
    {% endfor %}

{% endif %}
