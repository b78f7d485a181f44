{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='recipient_id',
    meta={'changed': 'int_proof__changed'}
) }}
-- What each person of an experiment did from the moment on that counts for both arms, and in the time before it. By
-- intention to treat: whether a message came plays no part, and who did nothing counts as nothing.
with share_changes as (

    select
        flow_id,
        from_at,
        max(holdout_share) as holdout_share
    from {{ source('ops_audiences', 'holdout_flows') }}
    where from_at < {{ as_of() }}
    group by
        flow_id,
        from_at

),

own_shares as (

    -- The share that our own arms were drawn with: the one in force when a person was first seen.
    select
        flow_id,
        holdout_share,
        case
            when row_number() over (partition by flow_id order by from_at) = 1 then cast('1900-01-01' as timestamp)
            else from_at
        end as from_at,
        coalesce(
            lead(from_at) over (partition by flow_id order by from_at), cast('9999-01-01' as timestamp)
        ) as until_at
    from share_changes

),

watched as (

    select
        experiments.experiment_key,
        experiments.flow_id,
        arms.recipient_id,
        arms.person_id,
        arms.arm,
        arms.assigned_at,
        -- What was before the arm was given says nothing about it.
        case
            when not experiments.is_triggered or arms.triggered_at < arms.assigned_at then arms.assigned_at
            else arms.triggered_at
        end as watched_from,
        experiments.window_days * interval '1' day as watched_for,
        coalesce(experiments.planned_holdout_share, own_shares.holdout_share) as planned_holdout_share
    from {{ only_changed(ref('fct_experiment_arms'), ref('int_proof__changed'), 'recipient_id') }} as arms
    inner join {{ ref('int_proof__experiments') }} as experiments
        on
            arms.source = experiments.source
            and arms.experiment_id = experiments.experiment_id
    left join own_shares
        on
            arms.source = 'second_order'
            and arms.experiment_id = own_shares.flow_id
            and arms.assigned_at >= own_shares.from_at
            and arms.assigned_at < own_shares.until_at
    where arms.triggered_at is not null or not experiments.is_triggered

),

matured as (

    select * from watched
    where watched_from + watched_for <= {{ as_of() }}

),

orders as (

    select
        matured.experiment_key,
        matured.recipient_id,
        orders.net_sales,
        orders.gross_margin as margin,
        orders.discounts,
        attributed_orders.net_sales_credited,
        orders.ordered_at > matured.watched_from as is_after
    from matured
    inner join {{ ref('fct_orders') }} as orders
        on
            matured.person_id = orders.person_id
            and matured.watched_from - interval '{{ setting("lift_pre_period_days") }}' day < orders.ordered_at
            and matured.watched_from + matured.watched_for >= orders.ordered_at
    left join {{ ref('fct_attributed_orders') }} as attributed_orders
        on
            orders.order_key = attributed_orders.order_key
            -- A holdout of no flow in particular stands against all of them.
            and (matured.flow_id is null or matured.flow_id = attributed_orders.flow_id)
    where orders.is_valid

),

sums as (

    select
        experiment_key,
        recipient_id,
        {% for when in ["after", "before"] %}
            {% set holds = "is_after" if when == "after" else "not is_after" %}
            sum(case when {{ holds }} then 1 else 0 end) as orders_{{ when }},
            sum(case when {{ holds }} and margin is null then 1 else 0 end) as orders_without_margin_{{ when }},
            {% for amount in ["net_sales", "margin", "discounts"] %}
                sum(case when {{ holds }} then {{ amount }} else 0 end) as {{ amount }}_{{ when }},
            {% endfor %}
        {% endfor %}
        max(case when is_after and net_sales_credited is not null then 1 else 0 end) as attributed_persons,
        sum(case when is_after then net_sales_credited else 0 end) as attributed_net_sales
    from orders
    group by
        experiment_key,
        recipient_id

),

reached as (

    -- Holdouts to whom a message went that they were to be spared.
    select distinct
        matured.experiment_key,
        matured.recipient_id
    from matured
    inner join {{ ref('fct_touches') }} as touches
        on
            matured.person_id = touches.person_id
            and matured.assigned_at <= touches.occurred_at
            and (
                matured.flow_id = touches.flow_id
                or (matured.flow_id is null and coalesce(touches.purpose, '') <> 'transactional')
            )
    where
        matured.arm = 'holdout'
        and touches.event_type in ('sent', 'delivered')

)

select
    matured.experiment_key,
    matured.recipient_id,
    matured.arm,
    matured.watched_from,
    matured.planned_holdout_share,
    case when sums.orders_after > 0 then 1 else 0 end as ordered,
    {% for when in ["after", "before"] %}
        coalesce(sums.orders_{{ when }}, 0) as orders_{{ when }},
        coalesce(sums.orders_without_margin_{{ when }}, 0) as orders_without_margin_{{ when }},
        {% for amount in ["net_sales", "margin", "discounts"] %}
            {{ money("coalesce(sums." ~ amount ~ "_" ~ when ~ ", 0)") }} as {{ amount }}_{{ when }},
        {% endfor %}
    {% endfor %}
    coalesce(sums.attributed_persons, 0) as attributed_persons,
    {{ money('coalesce(sums.attributed_net_sales, 0)') }} as attributed_net_sales,
    reached.recipient_id is not null as is_contaminated
from matured
left join sums
    on
        matured.experiment_key = sums.experiment_key
        and matured.recipient_id = sums.recipient_id
left join reached
    on
        matured.experiment_key = reached.experiment_key
        and matured.recipient_id = reached.recipient_id
