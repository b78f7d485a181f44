with refunded as (

    select
        line_key,
        sum(coalesce(quantity, 0)) as refunded_quantity
    from {{ ref('int_orders__current_refunds') }}
    where line_key is not null
    group by line_key

),

lines as (

    select
        lines.*,
        rates.exchange_rate,
        greatest(lines.quantity - coalesce(refunded.refunded_quantity, 0), 0) as kept_quantity
    from {{ ref('int_orders__current_lines') }} as lines
    inner join {{ ref('int_orders__current') }} as orders
        on lines.order_key = orders.order_key
    left join {{ ref('int_orders__rates') }} as rates
        on
            orders.order_date = rates.rate_date
            and orders.currency = rates.currency
    left join refunded
        on lines.line_key = refunded.line_key

)

select
    line_key,
    order_key,
    source,
    order_id,
    line_id,
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
    gross_sales as gross_sales_order_currency,
    line_discount as line_discount_order_currency,
    {{ money('gross_sales * exchange_rate') }} as gross_sales,
    {{ money('line_discount * exchange_rate') }} as line_discount,
    case
        when kept_quantity = 0 then {{ money('0') }}
        when line_unit_cost is not null then {{ money('kept_quantity * line_unit_cost * exchange_rate') }}
        else {{ money('kept_quantity * product_unit_cost') }}
    end as cost_of_kept
from lines
