{{ rows_of_sources(
    'returns',
    ['drop', 'shopify'],
    [
        'return_id',
        'order_id',
        'requested_at',
        'line_id',
        'quantity',
        'reason',
        'reason_text',
        'outcome',
        'closed_at'
    ]
) }}
