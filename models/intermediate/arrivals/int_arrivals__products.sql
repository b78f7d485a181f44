{{ rows_of_sources(
    'products',
    ['drop', 'shopify'],
    [
        'variant_id',
        'product_id',
        'product_title',
        'product_type',
        'category_class',
        'supply_days',
        'unit_cost',
        'in_stock',
        'price',
        'url',
        'image_url',
        'season',
        'accessory_for'
    ]
) }}
