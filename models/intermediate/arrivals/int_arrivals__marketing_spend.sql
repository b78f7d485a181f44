{{ rows_of_sources(
    'marketing_spend',
    ['drop'],
    [
        'date',
        'channel',
        'stage',
        'amount',
        'currency',
        'acquisition_source',
        'flow_id'
    ]
) }}
