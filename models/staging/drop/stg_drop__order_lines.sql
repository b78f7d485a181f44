select
    'drop' as source,
    nullif(trim(order_id), '') as order_id,
    nullif(trim(line_id), '') as line_id,
    cast(quantity as decimal(18, 4)) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    nullif(trim(variant_id), '') as variant_id,
    nullif(trim(sku), '') as sku,
    nullif(trim(product_id), '') as product_id,
    nullif(trim(product_title), '') as product_title,
    cast(line_discount as decimal(18, 4)) as line_discount,
    cast(is_gift_card as boolean) as is_gift_card,
    cast(unit_cost as decimal(18, 4)) as unit_cost,
    {{ to_utc('updated_at') }} as updated_at,
    _load_id as load_id,
    _file_index as file_index,
    _row_number as row_number,
    _has_other_version as has_other_version
from {{ source('raw_drop', 'order_lines') }}
