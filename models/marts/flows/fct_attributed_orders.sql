-- One order, one credit: the person's last human touch at or before the order, within its channel's look-back, over all
-- flows, campaigns and tools. Each channel's last touch is found first, since their look-backs may differ.
{% set channels = ["email", "sms"] %}

with channels as (

    {% for channel in channels %}
        select '{{ channel }}' as channel
        {{ "union all" if not loop.last }}
    {% endfor %}

),

touches as (

    select *
    from {{ ref('fct_touches') }}
    where
        is_human
        and person_id is not null
        and event_type in (
            {% for event_type in setting("attribution_events") %}
                '{{ event_type }}'{% if not loop.last %},{% endif %}
            {% endfor %}
        )

),

ranked_touches as (

    select
        *,
        -- Ties go to the greatest event id as text.
        row_number() over (
            partition by person_id, channel, occurred_at
            order by event_id desc, source desc
        ) as tie_rank
    from touches

),

last_touches as (

    select * from ranked_touches
    where tie_rank = 1

),

orders as (

    select
        orders.order_key,
        orders.person_id,
        channels.channel,
        orders.ordered_at as occurred_at,
        orders.net_sales
    from {{ ref('fct_orders') }} as orders
    cross join channels
    where
        orders.is_valid
        and orders.is_identified
        -- Most persons never clicked: their orders need not be looked at.
        and orders.person_id in (select last_touches.person_id from last_touches)

),

after_touch as (

    {{ last_before('orders', 'last_touches', ['person_id', 'channel'], 'occurred_at') }}

),

candidates as (

    select
        last_touches.*,
        after_touch.order_key,
        after_touch.occurred_at as ordered_at,
        after_touch.net_sales,
        row_number() over (
            partition by after_touch.order_key
            order by last_touches.occurred_at desc, last_touches.event_id desc, last_touches.source desc
        ) as credit_rank
    from after_touch
    inner join last_touches
        on
            after_touch.person_id = last_touches.person_id
            and after_touch.channel = last_touches.channel
            and after_touch.occurred_at_before = last_touches.occurred_at
    where
        {% for channel in channels %}
            {{ "or " if not loop.first }}(
                after_touch.channel = '{{ channel }}'
                and after_touch.occurred_at_before
                >= after_touch.occurred_at - interval '{{ setting(channel ~ "_lookback_seconds") }}' second
            )
        {% endfor %}

)

select
    order_key,
    touch_id,
    person_id,
    source,
    channel,
    event_type as attribution_event,
    message_key,
    flow_id,
    message_id,
    campaign_id,
    occurred_at as touched_at,
    ordered_at,
    net_sales as net_sales_credited,
    {{ seconds_between('occurred_at', 'ordered_at') }} / 3600.0 as hours_to_order
from candidates
where credit_rank = 1
