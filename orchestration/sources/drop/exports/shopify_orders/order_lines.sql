-- The export has no ids of lines or variants: the line's place in its order and the SKU stand for them.
select
    _row_number,
    _other,
    export_version,
    order_id,
    line_number as line_id,
    lineitem_quantity as quantity,
    -- What can't be read as a number is handed on as it stands, so that it is refused with its own words.
    coalesce(cast(cast(round(listed_price * untaxed_part, 4) as decimal(18, 4)) as varchar), lineitem_price)
        as unit_price,
    coalesce(lineitem_sku, lineitem_name) as variant_id,
    lineitem_sku as sku,
    lineitem_name as product_title,
    cast(cast(round(listed_discount * untaxed_part, 4) as decimal(18, 4)) as varchar) as line_discount,
    cast(is_gift_card as varchar) as is_gift_card
from prepared
