-- Whose sums are worked out anew: those with a restated order, those of whom an order has entered or left one of the
-- years that are summed, and those who came on a day that has become, or no longer is, a big promotion. And those whose
-- address or consent has changed, for int_lifetime__persons.
-- depends_on: {{ ref('int_identity__changed_mail') }}
-- depends_on: {{ ref('int_orders__restated') }}, {{ ref('fct_orders') }}, {{ ref('int_lifetime__days') }}
{% set moment_before = built_as_of() %}

{% if moment_before is none %}

    select cast(null as varchar) as person_id
    where false

{% else %}

    with changed_days as (

        {{ rows_that_differ(
            ref('int_lifetime__days'), sibling('int_lifetime__days_before'), ['day', 'is_big_promotion']
        ) }}

    )

    select person_id
    from {{ ref('int_orders__restated') }}
    union
    select person_id
    from {{ ref('int_identity__changed_mail') }}
    union
    select person_id
    from {{ ref('fct_orders') }}
    where
        {% for years_ago in [0, 1, 2] %}
            {{ "or " if not loop.first }}(
                order_date > {{ last_full_day(moment_before) }} - {{ 365 * years_ago }}
                and order_date <= {{ last_full_day() }} - {{ 365 * years_ago }}
            )
        {% endfor %}
    union
    select orders.person_id
    from {{ ref('fct_orders') }} as orders
    inner join changed_days
        on orders.order_date = changed_days.day
    where orders.order_sequence = 1

{% endif %}
