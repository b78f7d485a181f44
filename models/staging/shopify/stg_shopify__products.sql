with products as (

    {{ shopify_kept('products') }}

),

members as (

    select
        id,
        payload,
        updated_at,
        _loaded_at,
        _row,
        {{ shopify_members('payload', '$.variants.nodes') }} as variant
    from products

)

select
    'shopify' as source,
    {{ shopify_id("json_extract_string(variant, '$.id')") }} as variant_id,
    {{ shopify_id('id') }} as product_id,
    nullif(trim(json_extract_string(members.payload, '$.title')), '') as product_title,
    nullif(trim(json_extract_string(members.payload, '$.productType')), '') as product_type,
    cast(null as varchar) as category_class,
    cast(null as decimal(18, 4)) as supply_days,
    {{ money("json_extract_string(variant, '$.inventoryItem.unitCost.amount')") }} as unit_cost,
    cast(json_extract_string(members.variant, '$.availableForSale') as boolean)
    and json_extract_string(members.payload, '$.status') = 'ACTIVE' as in_stock,
    {{ money("json_extract_string(variant, '$.price')") }} as price,
    json_extract_string(members.payload, '$.onlineStoreUrl') as url,
    json_extract_string(members.payload, '$.featuredMedia.preview.image.url') as image_url,
    cast(null as varchar) as season,
    cast(null as varchar) as accessory_for,
    {{ api_provenance('members') }}
from members
