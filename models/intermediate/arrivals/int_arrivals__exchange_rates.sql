{{ rows_of_sources(
    'exchange_rates',
    ['drop'],
    [
        'date',
        'from_currency',
        'to_currency',
        'rate'
    ]
) }}
