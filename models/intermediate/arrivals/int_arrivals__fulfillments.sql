{{ rows_of_sources(
    'fulfillments',
    ['drop'],
    [
        'fulfillment_id',
        'order_id',
        'shipped_at',
        'estimated_delivery_at',
        'delivered_at',
        'status'
    ]
) }}
