-- Chances of new buyers to be in the top fifth, and the three traits that weigh most: the effects of what is known of a
-- person added up. Those who judge the backtest get theirs from what it had learned.
{% set traits = [
    "discount_depth", "subscribed", "referral", "acquisition_source", "channel", "market", "product_type",
    "engagement", "second_order",
] %}

with newcomers as (

    select
        *,
        case when part = 'newcomer' then 'now' else 'backtest' end as period
    from {{ ref('int_foresight__newcomers') }}
    where part in ('newcomer', 'later')

),

known as (

    select
        period,
        person_id,
        'first_order_value' as trait,
        cast(value_step as varchar) as trait_value,
        'first order worth ' || cast(cast(first_order_value as decimal(18, 2)) as varchar) as words
    from newcomers
    {% for trait in traits %}
        union all
        select
            period,
            person_id,
            '{{ trait }}' as trait,
            {{ trait }} as trait_value,
            {% if trait == "discount_depth" %}
                case discount_depth
                    when 'deep' then 'bought at a deep discount'
                    when 'some' then 'bought at some discount'
                    else 'bought without discount'
                end as words
            {% elif trait == "subscribed" %}
                case subscribed when 'yes' then 'subscribed' else 'did not subscribe' end as words
            {% elif trait == "referral" %}
                case referral when 'yes' then 'referred by a customer' else 'not referred' end as words
            {% elif trait == "acquisition_source" %}
                'came from ' || acquisition_source as words
            {% elif trait == "channel" %}
                'bought on ' || channel as words
            {% elif trait == "market" %}
                'lives in ' || market as words
            {% elif trait == "product_type" %}
                'began with ' || product_type as words
            {% elif trait == "engagement" %}
                case engagement
                    when 'clicked' then 'clicked a message around the first order'
                    when 'opened' then 'opened a message around the first order'
                    else 'opened no message around the first order'
                end as words
            {% else %}
                case second_order
                    when 'yes' then 'ordered again within a week'
                    else 'did not order again within a week'
                end as words
            {% endif %}
        from newcomers
    {% endfor %}

),

weighed as (

    select
        known.period,
        known.person_id,
        fits.intercept,
        -- Decimals, since a sum of floats depends on the rows' order.
        cast(fits.effect as decimal(18, 9)) as effect,
        case when fits.effect > 0 then '+ ' else '- ' end || known.words as reason,
        row_number() over (
            partition by known.period, known.person_id
            order by abs(fits.effect) desc, known.trait asc
        ) as place
    from known
    inner join {{ ref('int_foresight__early_fits') }} as fits
        on
            known.period = fits.period
            and known.trait = fits.trait
            and known.trait_value = fits.value
            and fits.refusal is null

),

added as (

    select
        period,
        person_id,
        1 / (1 + exp(-(max(intercept) + cast(sum(effect) as double)))) as probability,
        max(case when place = 1 then reason end) as reason_1,
        max(case when place = 2 then reason end) as reason_2,
        max(case when place = 3 then reason end) as reason_3
    from weighed
    group by
        period,
        person_id

)

select
    added.period,
    added.person_id,
    newcomers.is_top_in_part,
    added.probability,
    added.reason_1 || '; ' || added.reason_2 || '; ' || added.reason_3 as reasons
from added
inner join newcomers
    on added.person_id = newcomers.person_id
