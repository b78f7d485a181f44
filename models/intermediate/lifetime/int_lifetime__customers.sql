{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_lifetime__changed'}
) }}
-- What a person's orders sum to, and what the first one was. From the orders alone: int_lifetime__persons is built on
-- this.
{% set horizons = [90, 180, 365] %}
{% set changed_orders = only_changed(ref('fct_orders'), ref('int_lifetime__changed'), 'person_id') %}

with orders as (

    select
        all_orders.person_id,
        all_orders.is_identified,
        all_orders.order_type,
        all_orders.ordered_at,
        all_orders.order_date,
        all_orders.order_sequence,
        all_orders.acquisition_source,
        all_orders.channel,
        all_orders.ship_country,
        all_orders.product_type,
        all_orders.gross_sales,
        all_orders.discounts,
        all_orders.is_discounted,
        all_orders.is_referred,
        all_orders.gross_margin,
        -- Nothing known of an order's amounts (its exchange rate is missing) adds nothing; a data test reports it.
        coalesce(all_orders.net_sales, 0) as net_sales
    from {{ changed_orders }} as all_orders
    where all_orders.is_valid

),

wholesale_buyers as (

    select distinct all_orders.person_id
    from {{ changed_orders }} as all_orders
    where all_orders.order_type = 'wholesale'

),

first_orders as (

    select
        orders.person_id,
        orders.is_identified,
        orders.ordered_at as first_order_at,
        orders.order_date as first_day,
        orders.acquisition_source,
        orders.channel as first_channel,
        orders.product_type as first_product_type,
        orders.ship_country as first_ship_country,
        orders.is_referred,
        orders.net_sales as first_order_net_sales,
        orders.is_discounted as is_first_order_discounted,
        orders.discounts >= orders.gross_sales * {{ setting("price_sensitive_share") }} as is_price_sensitive,
        shop_days.is_big_promotion as is_promotion_buyer
    from orders
    left join {{ ref('int_lifetime__days') }} as shop_days
        on orders.order_date = shop_days.day
    where orders.order_sequence = 1

),

person_days as (

    select
        person_id,
        order_date,
        max(ordered_at) as last_order_at,
        count(*) as orders,
        sum(net_sales) as net_sales,
        sum(gross_margin) as gross_margin,
        bool_or(gross_margin is null) as lacks_a_margin,
        {{ days_between('order_date', last_full_day()) }} as days_ago,
        bool_or(order_type <> 'subscription_renewal') as has_decision
    from orders
    group by
        person_id,
        order_date

),

totals as (

    -- Years end with the last full day: 365 days up to it, and the 365 before those.
    select
        person_days.person_id,
        max(person_days.last_order_at) as last_order_at,
        max(person_days.order_date) as last_day,
        sum(person_days.orders) as valid_orders,
        sum(person_days.net_sales) as net_sales,
        -- What one order made isn't known: neither is the sum.
        case when not bool_or(person_days.lacks_a_margin) then sum(person_days.gross_margin) end as gross_margin,
        sum(case when person_days.days_ago between 0 and 364 then person_days.orders else 0 end) as orders_last_year,
        sum(case when person_days.days_ago between 0 and 364 then person_days.net_sales else 0 end)
            as net_sales_last_year,
        bool_or(person_days.days_ago between 365 and 729) as bought_year_before,
        {% for horizon in horizons %}
            sum(
                case
                    when {{ days_between('first_orders.first_day', 'person_days.order_date') }} <= {{ horizon }}
                        then person_days.net_sales
                    else 0
                end
            ) as net_sales_first_{{ horizon }}d,
        {% endfor %}
        -- A renewal is no decision to come back, and a second order on the first one's local day is the same visit.
        min(
            case
                when person_days.has_decision and person_days.order_date > first_orders.first_day
                    then person_days.order_date
            end
        ) as second_day,
        count(*) as order_days,
        sum(case when person_days.has_decision then 1 else 0 end) as decision_days,
        min(case when person_days.has_decision then person_days.order_date end) as first_decision_day,
        max(case when person_days.has_decision then person_days.order_date end) as last_decision_day
    from person_days
    inner join first_orders
        on person_days.person_id = first_orders.person_id
    group by person_days.person_id

)

select
    totals.person_id,
    -- Unidentified and wholesale buyers are in the sales, and in no denominator of lifetime and RFM.
    first_orders.is_identified and wholesale_buyers.person_id is null as is_counted,
    first_orders.first_day,
    totals.second_day,
    totals.last_day,
    first_orders.first_order_at,
    totals.last_order_at,
    totals.valid_orders,
    totals.net_sales,
    totals.gross_margin,
    totals.orders_last_year,
    totals.net_sales_last_year,
    totals.bought_year_before,
    {% for horizon in horizons %}
        totals.net_sales_first_{{ horizon }}d,
    {% endfor %}
    totals.order_days,
    -- Renewals come by themselves: a rhythm is that of the decisions to buy.
    greatest(totals.decision_days - 1, 0) as gaps,
    coalesce({{ days_between('totals.first_decision_day', 'totals.last_decision_day') }}, 0) as days_of_gaps,
    first_orders.acquisition_source,
    first_orders.first_channel,
    first_orders.first_product_type,
    first_orders.first_ship_country,
    first_orders.is_referred,
    first_orders.first_order_net_sales,
    first_orders.is_first_order_discounted,
    first_orders.is_price_sensitive,
    coalesce(first_orders.is_promotion_buyer, false) as is_promotion_buyer
from totals
inner join first_orders
    on totals.person_id = first_orders.person_id
left join wholesale_buyers
    on totals.person_id = wholesale_buyers.person_id
