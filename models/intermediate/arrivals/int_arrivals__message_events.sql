{{ rows_of_sources(
    'message_events',
    ['drop', 'klaviyo'],
    [
        'event_id',
        'occurred_at',
        'event_type',
        'channel',
        'email',
        'customer_id',
        'purpose',
        'flow_id',
        'flow_name',
        'message_id',
        'message_name',
        'campaign_id',
        'campaign_name',
        'link',
        'is_machine'
    ]
) }}
