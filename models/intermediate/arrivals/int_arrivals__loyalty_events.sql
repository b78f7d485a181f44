{{ rows_of_sources(
    'loyalty_events',
    ['drop', 'smile', 'yotpo_loyalty'],
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
