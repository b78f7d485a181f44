{{ rows_of_sources(
    'refunds',
    ['drop', 'shopify'],
    [
        'refund_id',
        'order_id',
        'refunded_at',
        'amount',
        'line_id',
        'quantity',
        'reason'
    ]
) }}
