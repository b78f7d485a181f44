{{ rows_of_sources(
    'referrals',
    ['drop', 'smile', 'yotpo_loyalty'],
    [
        'referral_code',
        'referrer_email',
        'referrer_customer_id',
        'created_at'
    ]
) }}
