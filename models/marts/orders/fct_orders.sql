{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    on_schema_change='fail',
    meta={'changed': 'int_orders__restated'}
) }}
{% set persons = only_changed(ref('int_identity__record_persons'), ref('int_orders__restated'), 'person_id') %}

with orders as (

    select
        orders.order_key,
        orders.source,
        orders.order_id,
        record_persons.person_id,
        record_persons.is_identified,
        orders.order_type,
        orders.ordered_at,
        orders.order_date,
        orders.channel,
        orders.acquisition_source,
        orders.ship_country,
        amounts.product_type,
        amounts.invalid_reason is null as is_valid,
        amounts.invalid_reason,
        case
            when amounts.invalid_reason is null
                then row_number() over (
                    partition by record_persons.person_id, amounts.invalid_reason is null
                    order by orders.ordered_at, orders.source, orders.order_id
                )
        end as order_sequence,
        amounts.gross_sales,
        amounts.discounts,
        amounts.returns,
        {{ money('amounts.gross_sales - amounts.discounts - amounts.returns') }} as net_sales,
        {{ money('amounts.gross_sales - amounts.discounts - amounts.returns - amounts.cost_of_kept') }} as gross_margin,
        amounts.gift_card_sales,
        amounts.tax,
        amounts.shipping,
        orders.currency,
        amounts.exchange_rate,
        coalesce(
            amounts.discounts >= amounts.gross_sales * {{ setting("discounted_order_share") }}
            and amounts.gross_sales > 0,
            false
        ) as is_discounted,
        coalesce(amounts.returns > amounts.gross_sales - amounts.discounts, false) as is_refunded_beyond_value,
        referred_orders.order_key is not null as is_referred
    from {{ ref('int_orders__current') }} as orders
    inner join {{ persons }} as record_persons
        on orders.order_key = record_persons.record_key
    inner join {{ ref('int_orders__amounts') }} as amounts
        on orders.order_key = amounts.order_key
    left join {{ ref('int_referral__orders') }} as referred_orders
        on orders.order_key = referred_orders.order_key

)

select
    *,
    coalesce(order_sequence > 1, false) as is_repeat
from orders
