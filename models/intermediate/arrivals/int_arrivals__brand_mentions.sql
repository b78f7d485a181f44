{{ rows_of_sources(
    'brand_mentions',
    ['drop'],
    [
        'mention_id',
        'seen_at',
        'platform',
        'sentiment',
        'topic',
        'text'
    ]
) }}
