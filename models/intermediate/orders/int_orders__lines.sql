{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='order_key',
    meta={'changed': 'int_orders__changed'}
) }}
-- A newer version of an order brings all its lines anew: lines stamped earlier than the order's newest line, or, where
-- lines carry no stamp, loaded before the order's own version although newer ones came with it, are no longer its.
{% set arrivals = keyed_arrivals(
    ref('int_arrivals__order_lines'), 'order_id', 'order_key', ref('int_orders__changed')
) %}

with stamped as (

    {{ latest_version(arrivals, ['order_id', 'line_id']) }}

),

mixed_orders as (

    -- Few orders hold lines of more than one stamp or load; only those can have lines that were replaced.
    select
        order_key,
        max(updated_at) as newest_stamp,
        max(load_id) as newest_load
    from stamped
    group by order_key
    having
        max(updated_at) <> min(updated_at)
        or count(updated_at) between 1 and count(*) - 1
        or max(load_id) <> min(load_id)

),

current_lines as (

    select
        stamped.*,
        orders.order_date,
        orders.currency,
        orders.order_key is null as is_waiting
    from stamped
    left join {{ ref('int_orders__current') }} as orders
        on stamped.order_key = orders.order_key
    left join mixed_orders
        on stamped.order_key = mixed_orders.order_key
    where
        mixed_orders.order_key is null
        or stamped.updated_at = mixed_orders.newest_stamp
        or (
            mixed_orders.newest_stamp is null
            and (
                orders.load_id is null
                or stamped.load_id >= orders.load_id
                or mixed_orders.newest_load < orders.load_id
            )
        )

),

later_lines as (

    {{ later_versions(arrivals, ['order_key', 'line_id']) }}

),

waiting_orders as (

    select distinct order_key
    from later_lines

),

refunded as (

    select
        order_key,
        line_id,
        sum(coalesce(quantity, 0)) as refunded_quantity
    from {{ ref('int_orders__current_refunds') }}
    where line_id is not null
    group by
        order_key,
        line_id

),

products as (

    select * from {{ ref('int_products__current') }}

),

valued as (

    select
        current_lines.order_key,
        current_lines.line_id,
        current_lines.source,
        current_lines.variant_id,
        current_lines.sku,
        coalesce(current_lines.product_id, products.product_id) as product_id,
        coalesce(current_lines.product_title, products.product_title) as product_title,
        products.product_type,
        products.category_class,
        current_lines.quantity,
        greatest(current_lines.quantity - coalesce(refunded.refunded_quantity, 0), 0) as kept_quantity,
        current_lines.unit_price,
        {{ money('current_lines.quantity * current_lines.unit_price') }} as gross_sales,
        {{ money('coalesce(current_lines.line_discount, 0)') }} as line_discount,
        coalesce(current_lines.is_gift_card, false) as is_gift_card,
        -- A line's cost is in the order's currency, a product's in the shop's.
        current_lines.unit_cost as line_unit_cost,
        products.unit_cost as product_unit_cost,
        rates.exchange_rate,
        current_lines.is_waiting,
        current_lines.load_id,
        waiting_orders.order_key is not null as awaits_version
    from current_lines
    left join products
        on
            current_lines.source = products.source
            and current_lines.variant_id = products.variant_id
    left join {{ ref('int_orders__rates') }} as rates
        on
            current_lines.order_date = rates.rate_date
            and current_lines.currency = rates.currency
    left join refunded
        on
            current_lines.order_key = refunded.order_key
            and current_lines.line_id = refunded.line_id
    left join waiting_orders
        on current_lines.order_key = waiting_orders.order_key

)

select
    order_key,
    line_id,
    source,
    variant_id,
    sku,
    product_id,
    product_title,
    product_type,
    category_class,
    quantity,
    kept_quantity,
    unit_price,
    is_gift_card,
    exchange_rate,
    is_waiting,
    load_id,
    awaits_version,
    gross_sales as gross_sales_order_currency,
    line_discount as line_discount_order_currency,
    {{ converted('gross_sales', 'exchange_rate') }} as gross_sales,
    {{ converted('line_discount', 'exchange_rate') }} as line_discount,
    case
        when kept_quantity = 0 then {{ money('0') }}
        when line_unit_cost is not null
            then {{ converted('kept_quantity * line_unit_cost', 'exchange_rate') }}
        else {{ money('kept_quantity * product_unit_cost') }}
    end as cost_of_kept
from valued
