{{ rows_of_sources(
    'support_tickets',
    ['drop'],
    [
        'ticket_id',
        'created_at',
        'email',
        'customer_id',
        'order_id',
        'topic',
        'resolved_at'
    ]
) }}
