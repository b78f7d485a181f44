{{ rows_of_sources(
    'reviews',
    ['drop', 'judgeme', 'yotpo'],
    [
        'review_id',
        'created_at',
        'rating',
        'email',
        'customer_id',
        'order_id',
        'product_id',
        'title',
        'body',
        'has_media',
        'verified'
    ]
) }}
