{{ rows_of_sources(
    'flow_holdouts',
    ['drop'],
    [
        'experiment_id',
        'flow_id',
        'email',
        'customer_id',
        'arm',
        'assigned_at',
        'triggered_at'
    ]
) }}
