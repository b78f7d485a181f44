{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_foresight__restated'}
) }}
-- What is known of each buyer a week after the first order, and what the year after it brought. Nothing of that week
-- knows what came later: the first order counts without its returns.
{% set week_days = 7 %}
{% set year_days = 365 %}
{% set orders = only_changed(ref('fct_orders'), ref('int_foresight__restated'), 'person_id') %}
{% set columns = [
    "person_id", "order_sequence", "order_date", "ordered_at", "gross_sales", "discounts", "order_type",
    "acquisition_source", "channel", "ship_country", "product_type", "is_referred",
] %}
{% if is_update() %}
    {% set orders = work_table(
        "first_week_orders", "select " ~ columns | join(", ") ~ " from " ~ orders ~ " as changed_orders"
    ) %}
{% endif %}

with customers as (

    select
        firsts.person_id,
        firsts.ordered_at,
        firsts.is_referred,
        firsts.channel,
        firsts.order_date as first_day,
        firsts.gross_sales - firsts.discounts as first_order_value,
        firsts.discounts / nullif(firsts.gross_sales, 0) as discount_share,
        firsts.order_type <> 'one_time' as is_subscription,
        coalesce(firsts.acquisition_source, 'unknown') as acquisition_source,
        coalesce(firsts.ship_country, 'unknown') as market,
        coalesce(firsts.product_type, 'unknown') as product_type,
        lifetime.net_sales_first_{{ year_days }}d as year_net_sales
    from {{ orders }} as firsts
    inner join {{ ref('int_lifetime__customers') }} as lifetime
        on firsts.person_id = lifetime.person_id
    where
        firsts.order_sequence = 1
        and lifetime.is_counted

),

touches as (

    -- The week is a value here, not a way to join: joined by time alone, each touch would meet all buyers of its week.
    select
        customers.person_id,
        max(
            case
                when
                    touches.occurred_at between
                    customers.ordered_at - interval '{{ week_days }}' day
                    and customers.ordered_at + interval '{{ week_days }}' day
                    then case when touches.event_type = 'clicked' then 2 else 1 end
                else 0
            end
        ) as engagement
    from customers
    inner join {{ ref('fct_touches') }} as touches
        on customers.person_id = touches.person_id
    where
        touches.is_human
        and touches.event_type in ('opened', 'clicked')
    group by customers.person_id

),

second_orders as (

    select distinct customers.person_id
    from customers
    inner join {{ orders }} as orders
        on customers.person_id = orders.person_id
    where
        orders.order_sequence > 1
        and orders.order_date > customers.first_day
        and {{ days_between('customers.first_day', 'orders.order_date') }} <= {{ week_days }}

)

select
    customers.person_id,
    customers.first_day,
    customers.year_net_sales,
    customers.first_order_value,
    -- Steps of a tenth of the logarithm, so that like buyers can be counted together.
    cast(round(10 * ln(1 + cast(greatest(customers.first_order_value, 0) as double))) as integer) as value_step,
    case
        when customers.discount_share >= {{ setting("price_sensitive_share") }} then 'deep'
        when customers.discount_share > 0 then 'some'
        else 'none'
    end as discount_depth,
    case when customers.is_subscription then 'yes' else 'no' end as subscribed,
    case when customers.is_referred then 'yes' else 'no' end as referral,
    customers.acquisition_source,
    customers.channel,
    customers.market,
    customers.product_type,
    case touches.engagement when 2 then 'clicked' when 1 then 'opened' else 'none' end as engagement,
    case when second_orders.person_id is not null then 'yes' else 'no' end as second_order
from customers
left join touches
    on customers.person_id = touches.person_id
left join second_orders
    on customers.person_id = second_orders.person_id
