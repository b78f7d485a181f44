{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='order_key',
    meta={'changed': 'int_orders__changed'}
) }}

with line_totals as (

    select
        lines.order_key,
        count(*) as line_count,
        bool_and(lines.is_gift_card) as has_only_gift_cards,
        sum(
            case
                when not lines.is_gift_card
                    then lines.gross_sales_order_currency - lines.line_discount_order_currency
                else 0
            end
        ) as goods_order_currency,
        sum(case when not lines.is_gift_card then lines.gross_sales else 0 end) as gross_sales,
        sum(case when lines.is_gift_card then lines.gross_sales else 0 end) as gift_card_sales,
        sum(case when not lines.is_gift_card then lines.line_discount else 0 end) as line_discounts,
        sum(case when not lines.is_gift_card then lines.cost_of_kept else 0 end) as cost_of_kept,
        bool_or(not lines.is_gift_card and lines.cost_of_kept is null) as lacks_a_cost,
        max(case when not lines.is_gift_card then lines.gross_sales_order_currency end) as highest_gross_sales,
        min(case when not lines.is_gift_card then coalesce(lines.product_type, 'unknown') end) as first_type,
        max(case when not lines.is_gift_card then coalesce(lines.product_type, 'unknown') end) as last_type
    from {{ only_changed(ref('int_orders__lines'), ref('int_orders__changed'), 'order_key') }} as lines
    group by lines.order_key

),

refund_totals as (

    select
        refunds.order_key,
        sum(refunds.amount) as returns
    from {{ only_changed(ref('int_orders__priced_refunds'), ref('int_orders__changed'), 'order_key') }} as refunds
    where not refunds.is_gift_card
    group by refunds.order_key

),

most_valuable_lines as (

    -- Only orders of several types have a most valuable one to be found; of equals the first in the alphabet.
    select
        lines.order_key,
        min(coalesce(lines.product_type, 'unknown')) as product_type
    from {{ only_changed(ref('int_orders__lines'), ref('int_orders__changed'), 'order_key') }} as lines
    inner join line_totals
        on
            lines.order_key = line_totals.order_key
            and lines.gross_sales_order_currency = line_totals.highest_gross_sales
    where
        not lines.is_gift_card
        and line_totals.first_type <> line_totals.last_type
    group by lines.order_key

),

amounts as (

    select
        orders.order_key,
        orders.is_test,
        orders.cancelled_at,
        orders.financial_status,
        orders.exchange_of_order_id,
        rates.exchange_rate,
        coalesce(most_valuable_lines.product_type, line_totals.first_type) as product_type,
        coalesce(line_totals.line_count, 0) as line_count,
        coalesce(line_totals.has_only_gift_cards, false) as has_only_gift_cards,
        coalesce(line_totals.goods_order_currency, 0) - orders.order_discount as goods_order_currency,
        case when rates.exchange_rate is not null then {{ money('coalesce(line_totals.gross_sales, 0)') }} end
            as gross_sales,
        case when rates.exchange_rate is not null then {{ money('coalesce(line_totals.gift_card_sales, 0)') }} end
            as gift_card_sales,
        {{ money('coalesce(line_totals.line_discounts, 0)') }}
        + {{ converted('orders.order_discount', 'rates.exchange_rate') }} as discounts,
        case when rates.exchange_rate is not null then {{ money('coalesce(refund_totals.returns, 0)') }} end as returns,
        {{ converted('orders.tax', 'rates.exchange_rate') }} as tax,
        {{ converted('orders.shipping', 'rates.exchange_rate') }} as shipping,
        case
            when rates.exchange_rate is not null and not coalesce(line_totals.lacks_a_cost, true)
                then {{ money('line_totals.cost_of_kept') }}
        end as cost_of_kept
    from {{ only_changed(ref('int_orders__current'), ref('int_orders__changed'), 'order_key') }} as orders
    left join line_totals
        on orders.order_key = line_totals.order_key
    left join refund_totals
        on orders.order_key = refund_totals.order_key
    left join most_valuable_lines
        on orders.order_key = most_valuable_lines.order_key
    left join {{ ref('int_orders__rates') }} as rates
        on
            orders.order_date = rates.rate_date
            and orders.currency = rates.currency

)

select
    order_key,
    exchange_rate,
    product_type,
    line_count,
    has_only_gift_cards,
    goods_order_currency,
    gross_sales,
    gift_card_sales,
    discounts,
    returns,
    tax,
    shipping,
    cost_of_kept,
    -- The first reason that applies, in this order. Refunds don't make an order invalid.
    case
        when is_test then 'test'
        when cancelled_at is not null then 'cancelled'
        when financial_status in ('voided', 'expired') then 'voided'
        when exchange_of_order_id is not null then 'exchange'
        when has_only_gift_cards then 'gift_card_only'
        when line_count = 0 or goods_order_currency <= 0 then 'no_value'
    end as invalid_reason
from amounts
