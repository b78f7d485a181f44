-- Whose purchases and first weeks are counted anew: those whose orders or messages have changed, and those who ordered
-- between where a period's cut was in the build before and where it is.
{% set periods_before = sibling('int_foresight__periods_before') %}
-- depends_on: {{ ref('int_lifetime__changed') }}, {{ ref('int_flows__restated') }}, {{ ref('int_flows__recipients') }}
-- depends_on: {{ ref('int_foresight__periods') }}, {{ ref('fct_orders') }}

{% if built_as_of() is none %}

    select cast(null as varchar) as person_id
    where false

{% else %}

    with passed as (

        select
            least(periods.cut_day, periods_before.cut_day) as after_day,
            greatest(periods.cut_day, periods_before.cut_day) as until_day
        from {{ ref('int_foresight__periods') }} as periods
        inner join {{ periods_before }} as periods_before
            on periods.period = periods_before.period

    )

    select person_id
    from {{ ref('int_lifetime__changed') }}
    union
    select orders.person_id
    from {{ ref('fct_orders') }} as orders
    inner join passed
        on
            orders.order_date > passed.after_day
            and orders.order_date <= passed.until_day
    union
    {{ touched_persons() }}

{% endif %}
