-- A pending order has no price yet and a cancelled item no quantity: neither is a line. The order is there all the
-- same, and its lines come with a later report.
select
    _row_number,
    _other,
    export_version,
    amazon_order_id as order_id,
    case when same_sku_number = 1 then sku else sku || '#' || same_sku_number end as line_id,
    quantity,
    cast(cast(round(untaxed_price / items, 4) as decimal(18, 4)) as varchar) as unit_price,
    sku as variant_id,
    sku,
    asin as product_id,
    product_name as product_title,
    cast(promotion as varchar) as line_discount,
    last_updated_date as updated_at
from prepared
where
    item_price is not null
    and (items is null or items > 0)
