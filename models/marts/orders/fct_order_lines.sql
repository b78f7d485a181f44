-- A view: the rows are int_orders__priced_lines'.
{{ config(materialized='view') }}

select
    lines.line_key,
    lines.order_key,
    lines.source,
    lines.order_id,
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
    lines.is_gift_card
from {{ ref('int_orders__priced_lines') }} as lines
