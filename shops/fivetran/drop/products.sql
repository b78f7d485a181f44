-- shopify.product_variant, product and inventory_item, which knows the cost.
select
    variants.id as variant_id,
    variants.product_id,
    products.title as product_title,
    products.product_type,
    items.cost as unit_cost,
    variants.inventory_quantity > 0 or variants.inventory_policy = 'continue' as in_stock,
    variants.price,
    variants.updated_at || 'Z' as updated_at
from read_parquet('{{ shop }}/tables/shopify/product_variant.parquet') as variants
inner join read_parquet('{{ shop }}/tables/shopify/product.parquet') as products
    on variants.product_id = products.id
left join read_parquet('{{ shop }}/tables/shopify/inventory_item.parquet') as items
    on variants.inventory_item_id = items.id
