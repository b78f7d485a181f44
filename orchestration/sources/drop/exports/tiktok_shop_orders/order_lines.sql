-- A discount that the platform pays doesn't lower what the shop sold.
select
    _row_number,
    _other,
    export_version,
    order_id,
    case when same_sku_number = 1 then sku_id else sku_id || '#' || same_sku_number end as line_id,
    quantity,
    coalesce(cast(price as varchar), sku_unit_original_price) as unit_price,
    coalesce(seller_sku, sku_id) as variant_id,
    seller_sku as sku,
    concat_ws(' - ', product_name, variation) as product_title,
    cast(seller_discount as varchar) as line_discount
from prepared
