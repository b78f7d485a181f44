-- Records that facts are made of anew: those that came or happened since the build before, and those whose person,
-- order or order's lines may be others now. With whom the fact told of before, for tables that are kept by person.
-- depends_on: {{ ref('int_arrivals__fulfillments') }}, {{ ref('int_arrivals__returns') }}
-- depends_on: {{ ref('int_arrivals__reviews') }}, {{ ref('int_arrivals__survey_responses') }}
-- depends_on: {{ ref('int_arrivals__support_tickets') }}, {{ ref('int_arrivals__loyalty_events') }}
-- depends_on: {{ ref('int_identity__moved') }}, {{ ref('int_identity__build') }}, {{ ref('int_orders__changed') }}
{# Fact, arrivals, their id, the fact's key, moments from which on something is known, whom or what a record names, and
   the column that says whom the fact tells of. #}
{% set facts = [
    ("fct_fulfillments", "fulfillments", "fulfillment_id", "fulfillment_key", ["shipped_at", "delivered_at"], ["order"],
        "person_id"),
    ("fct_returns", "returns", "return_id", "return_key", ["requested_at", "closed_at"], ["order", "line"], "person_id"),
    ("fct_reviews", "reviews", "review_id", "review_key", ["created_at"], ["order", "person"], "reporting_person_id"),
    ("fct_surveys", "survey_responses", "response_id", "response_key", ["submitted_at"], ["order", "person"],
        "reporting_person_id"),
    ("fct_tickets", "support_tickets", "ticket_id", "ticket_key", ["created_at", "resolved_at"], ["order", "person"],
        "reporting_person_id"),
    ("fct_loyalty", "loyalty_events", "event_id", "loyalty_event_key", ["occurred_at"], ["person"], "person_id"),
] %}

{% if built_as_of() is none %}

    select
        {% for fact in facts %}
            cast(null as varchar) as {{ fact[3] }},
        {% endfor %}
        cast(null as varchar) as fact,
        cast(null as varchar) as record_key,
        cast(null as varchar) as person_before
    where false

{% else %}

    with moved_evidence as (

        select named_by
        from {{ ref('int_identity__moved') }}
        where kind = 'evidence'

    ),

    moved_orders as (

        select named_by
        from {{ ref('int_identity__moved') }}
        where kind = 'order'

    ),

    changed_orders as (

        select order_key
        from {{ ref('int_orders__changed') }}

    ),

    changed as (

        {% for fact, arrivals, id, key, moments, names, person in facts %}
            select
                '{{ fact }}' as fact,
                source || ':' || {{ id }} as record_key
            from {{ ref("int_arrivals__" ~ arrivals) }}
            where
                {{ has_arrived() }}
                or {{ happens_now(["updated_at"] + moments) }}
                {% if "person" in names %}
                    or 'id:' || source || ':' || customer_id in (select moved_evidence.named_by from moved_evidence)
                    or 'email:' || email in (select moved_evidence.named_by from moved_evidence)
                {% endif %}
            union
            select
                '{{ fact }}' as fact,
                {{ key }} as record_key
            from {{ sibling(fact, "marts") }}
            where
                {{ resolved_anew() }}
                {% if "order" in names %}
                    or order_key in (select moved_orders.named_by from moved_orders)
                {% endif %}
                {% if "line" in names %}
                    or order_key in (select changed_orders.order_key from changed_orders)
                {% endif %}
            {{ "union" if not loop.last }}
        {% endfor %}

    ),

    facts_before as (

        {% for fact, arrivals, id, key, moments, names, person in facts %}
            select
                '{{ fact }}' as fact,
                {{ key }} as record_key,
                {{ person }} as person_id
            from {{ sibling(fact, "marts") }}
            where
                {{ key }} in (
                    select changed.record_key
                    from changed
                    where changed.fact = '{{ fact }}'
                )
            {{ "union all" if not loop.last }}
        {% endfor %}

    )

    select
        {% for fact in facts %}
            case when changed.fact = '{{ fact[0] }}' then changed.record_key end as {{ fact[3] }},
        {% endfor %}
        changed.fact,
        changed.record_key,
        facts_before.person_id as person_before
    from changed
    left join facts_before
        on
            changed.fact = facts_before.fact
            and changed.record_key = facts_before.record_key

{% endif %}
