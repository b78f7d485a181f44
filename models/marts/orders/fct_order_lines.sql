-- A view: the rows are int_orders__lines' of orders that are here, and long keys need not be stored twice.
{{ config(materialized='view') }}

select
    lines.order_key,
    lines.source,
    lines.line_id,
    lines.variant_id,
    lines.sku,
    lines.product_id,
    lines.product_title,
    lines.product_type,
    lines.quantity,
    lines.kept_quantity,
    lines.unit_price as unit_price_order_currency,
    lines.gross_sales_order_currency,
    lines.line_discount_order_currency,
    lines.gross_sales,
    lines.line_discount,
    lines.cost_of_kept,
    lines.is_gift_card,
    lines.order_key || ':' || lines.line_id as line_key,
    substr(lines.order_key, length(lines.source) + 2) as order_id
from {{ ref('int_orders__lines') }} as lines
where not lines.is_waiting
