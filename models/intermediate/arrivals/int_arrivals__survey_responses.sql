{{ rows_of_sources(
    'survey_responses',
    ['drop', 'typeform'],
    [
        'response_id',
        'submitted_at',
        'survey_type',
        'score',
        'email',
        'customer_id',
        'order_id',
        'comment'
    ]
) }}
