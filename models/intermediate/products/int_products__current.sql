{{ latest_version(ref('stg_drop__products'), ['variant_id']) }}
