{{ rows_of_sources(
    'profiles',
    ['drop', 'shopify', 'klaviyo', 'omnisend'],
    [
        'email',
        'phone',
        'customer_id',
        'email_consent',
        'email_consent_at',
        'sms_consent',
        'suppression_reason',
        'timezone',
        'birthday',
        'max_emails_per_month'
    ]
) }}
