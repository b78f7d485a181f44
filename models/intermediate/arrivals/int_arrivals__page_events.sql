{{ rows_of_sources(
    'page_events',
    ['drop'],
    [
        'event_id',
        'occurred_at',
        'page_type',
        'email',
        'customer_id',
        'order_id',
        'url'
    ]
) }}
