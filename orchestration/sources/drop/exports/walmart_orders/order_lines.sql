-- A cancelled line of an order that went out otherwise was never sold; of a cancelled order it stays, as in any order.
select
    _row_number,
    _other,
    export_version,
    "order" as order_id,
    po || '-' || coalesce(line, sku) || case when same_line_number > 1 then '#' || same_line_number else '' end
        as line_id,
    qty as quantity,
    coalesce(cast(price as varchar), item_cost) as unit_price,
    sku as variant_id,
    sku,
    item_description as product_title
from prepared
where not is_cancelled or is_order_cancelled
