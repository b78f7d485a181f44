{{ rows_of_sources(
    'fulfillments',
    ['drop', 'shopify'],
    [
        'fulfillment_id',
        'order_id',
        'shipped_at',
        'estimated_delivery_at',
        'delivered_at',
        'status'
    ]
) }}
