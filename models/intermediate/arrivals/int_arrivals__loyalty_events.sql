{{ rows_of_sources(
    'loyalty_events',
    ['drop'],
    [
        'event_id',
        'occurred_at',
        'event_type',
        'email',
        'customer_id',
        'points',
        'tier'
    ]
) }}
