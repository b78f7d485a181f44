{{ rows_of_sources(
    'order_lines',
    ['drop', 'shopify', 'amazon'],
    [
        'order_id',
        'line_id',
        'quantity',
        'unit_price',
        'variant_id',
        'sku',
        'product_id',
        'product_title',
        'line_discount',
        'is_gift_card',
        'unit_cost'
    ]
) }}
