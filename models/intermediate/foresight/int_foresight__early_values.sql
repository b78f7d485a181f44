-- Chances of new buyers to be in the top fifth, and the three traits that weigh most: the effects of what is known of a
-- person added up. Those who judge the backtest get theirs from what it had learned.
-- A view: each reader takes one period of it, and the backtest no reasons.
{{ config(materialized='view') }}

{% set words = {
    "first_order_value": "'first order worth ' || cast(cast(first_order_value as decimal(18, 2)) as varchar)",
    "discount_depth": "case discount_depth when 'deep' then 'bought at a deep discount'"
        ~ " when 'some' then 'bought at some discount' else 'bought without discount' end",
    "subscribed": "case subscribed when 'yes' then 'subscribed' else 'did not subscribe' end",
    "referral": "case referral when 'yes' then 'referred by a customer' else 'not referred' end",
    "acquisition_source": "'came from ' || acquisition_source",
    "channel": "'bought on ' || channel",
    "market": "'lives in ' || market",
    "product_type": "'began with ' || product_type",
    "engagement": "case engagement when 'clicked' then 'clicked a message around the first order'"
        ~ " when 'opened' then 'opened a message around the first order'"
        ~ " else 'opened no message around the first order' end",
    "second_order": "case second_order when 'yes' then 'ordered again within a week'"
        ~ " else 'did not order again within a week' end",
} %}
{% set traits = words.keys() | list %}

with newcomers as (

    select
        *,
        case when part = 'newcomer' then 'now' else 'backtest' end as period
    from {{ ref('int_foresight__newcomers') }}
    where part in ('newcomer', 'later')

),

effects as (

    select
        period,
        trait,
        value,
        -- Whole billionths, since a sum of floats depends on its order.
        cast(round(effect * 1000000000) as bigint) as effect
    from {{ ref('int_foresight__early_fits') }}
    where refusal is null

),

intercepts as (

    select
        period,
        max(intercept) as intercept
    from {{ ref('int_foresight__early_fits') }}
    where refusal is null
    group by period

),

-- An effect's size, and in the last place its trait's: no two are equal, and of equal effects the
-- trait that comes first by its name is the greater.
weighed as (

    select
        {% for trait in traits %}
            coalesce(effects_{{ loop.index0 }}.effect, 0) as {{ trait }}_effect,
            abs(coalesce(effects_{{ loop.index0 }}.effect, 0)) * 16
            + {{ traits | length - (traits | sort).index(trait) }} as {{ trait }}_weight,
        {% endfor %}
        newcomers.*,
        intercepts.intercept
    from newcomers
    inner join intercepts
        on newcomers.period = intercepts.period
    {% for trait in traits %}
        left join effects as effects_{{ loop.index0 }}
            on
                newcomers.period = effects_{{ loop.index0 }}.period
                and effects_{{ loop.index0 }}.trait = '{{ trait }}'
                {% if loop.first %}
                    and cast(newcomers.value_step as varchar) = effects_{{ loop.index0 }}.value
                {% else %}
                    and newcomers.{{ trait }} = effects_{{ loop.index0 }}.value
                {% endif %}
    {% endfor %}

),

{% for place in [1, 2, 3] %}
    place_{{ place }} as (

        select
            *,
            greatest(
                {% for trait in traits %}
                    {% if place == 1 %}
                        {{ trait }}_weight
                    {% else %}
                        case when {{ trait }}_weight < weight_{{ place - 1 }} then {{ trait }}_weight else 0 end
                    {% endif %}
                    {{ "," if not loop.last }}
                {% endfor %}
            ) as weight_{{ place }}
        from {{ "weighed" if place == 1 else "place_" ~ (place - 1) }}

    ),
{% endfor %}

reasons as (

    select
        {% for place in [1, 2, 3] %}
            case weight_{{ place }}
                {% for trait in traits %}
                    when {{ trait }}_weight
                        then case when {{ trait }}_effect > 0 then '+ ' else '- ' end || {{ words[trait] }}
                {% endfor %}
            end as reason_{{ place }},
        {% endfor %}
        period,
        person_id,
        is_top_in_part,
        intercept + cast(
            {{ traits | join("_effect + ") }}_effect as double
        ) / 1000000000 as odds
    from place_3

)

select
    period,
    person_id,
    is_top_in_part,
    1 / (1 + exp(-odds)) as probability,
    reason_1 || '; ' || reason_2 || '; ' || reason_3 as reasons
from reasons
