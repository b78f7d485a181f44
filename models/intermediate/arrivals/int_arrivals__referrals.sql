{{ rows_of_sources(
    'referrals',
    ['drop'],
    [
        'referral_code',
        'referrer_email',
        'referrer_customer_id',
        'created_at'
    ]
) }}
